
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  
  "byok": {
          Tables: {
            "accounts": {
                  Row: {
                    "available_microcredits": number,"held_microcredits": number,"updated_at": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "available_microcredits"?: number,"held_microcredits"?: number,"updated_at"?: string,"user_id": string
                  }
                  Update: {
                    "available_microcredits"?: number,"held_microcredits"?: number,"updated_at"?: string,"user_id"?: string
                  }
                  Relationships: [
                    
                  ]
                },"attempts": {
                  Row: {
                    "attempts": number,"day": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "attempts": number,"day": string,"user_id": string
                  }
                  Update: {
                    "attempts"?: number,"day"?: string,"user_id"?: string
                  }
                  Relationships: [
                    
                  ]
                },"credentials": {
                  Row: {
                    "created_at": string,"hint": string,"id": string,"provider": string,"reason": string | null,"status": string,"updated_at": string,"user_id": string,"verified_at": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"hint": string,"id": string,"provider": string,"reason"?: string | null,"status": string,"updated_at"?: string,"user_id": string,"verified_at"?: string | null
                  }
                  Update: {
                    "created_at"?: string,"hint"?: string,"id"?: string,"provider"?: string,"reason"?: string | null,"status"?: string,"updated_at"?: string,"user_id"?: string,"verified_at"?: string | null
                  }
                  Relationships: [
                    
                  ]
                },"entries": {
                  Row: {
                    "created_at": string,"hold_id": string | null,"id": number,"idempotency_key": string | null,"kind": string,"microcredits": number,"operation": string | null,"reason": string | null,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"hold_id"?: string | null,"id"?: never,"idempotency_key"?: string | null,"kind": string,"microcredits": number,"operation"?: string | null,"reason"?: string | null,"user_id": string
                  }
                  Update: {
                    "created_at"?: string,"hold_id"?: string | null,"id"?: never,"idempotency_key"?: string | null,"kind"?: string,"microcredits"?: number,"operation"?: string | null,"reason"?: string | null,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "entries_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "accounts"
      referencedColumns: ["user_id"]
    }
                  ]
                },"envelopes": {
                  Row: {
                    "credential_id": string,"envelope": string,"kid": number,"updated_at": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "credential_id": string,"envelope": string,"kid": number,"updated_at"?: string,"user_id": string
                  }
                  Update: {
                    "credential_id"?: string,"envelope"?: string,"kid"?: number,"updated_at"?: string,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "envelopes_credential_id_fkey"
      columns: ["credential_id"]
isOneToOne: true
      referencedRelation: "credentials"
      referencedColumns: ["id"]
    }
                  ]
                },"holds": {
                  Row: {
                    "created_at": string,"expires_at": string,"id": string,"microcredits": number,"operation": string,"request_id": string,"resolved_at": string | null,"state": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"expires_at"?: string,"id"?: string,"microcredits": number,"operation": string,"request_id": string,"resolved_at"?: string | null,"state"?: string,"user_id": string
                  }
                  Update: {
                    "created_at"?: string,"expires_at"?: string,"id"?: string,"microcredits"?: number,"operation"?: string,"request_id"?: string,"resolved_at"?: string | null,"state"?: string,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "holds_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "accounts"
      referencedColumns: ["user_id"]
    }
                  ]
                },"limits": {
                  Row: {
                    "name": string,"per_day": number
                  }
                  ComputedFields: never
                  Insert: {
                    "name": string,"per_day": number
                  }
                  Update: {
                    "name"?: string,"per_day"?: number
                  }
                  Relationships: [
                    
                  ]
                },"oauth_clients": {
                  Row: {
                    "client_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "client_id": string
                  }
                  Update: {
                    "client_id"?: string
                  }
                  Relationships: [
                    
                  ]
                },"operations": {
                  Row: {
                    "max_input_bytes": number,"max_output_tokens": number,"name": string,"price_microcredits": number
                  }
                  ComputedFields: never
                  Insert: {
                    "max_input_bytes": number,"max_output_tokens": number,"name": string,"price_microcredits": number
                  }
                  Update: {
                    "max_input_bytes"?: number,"max_output_tokens"?: number,"name"?: string,"price_microcredits"?: number
                  }
                  Relationships: [
                    
                  ]
                },"platform_models": {
                  Row: {
                    "model": string,"provider": string
                  }
                  ComputedFields: never
                  Insert: {
                    "model": string,"provider": string
                  }
                  Update: {
                    "model"?: string,"provider"?: string
                  }
                  Relationships: [
                    
                  ]
                },"required_claims": {
                  Row: {
                    "claims": NonNullable<Json>,"name": string
                  }
                  ComputedFields: never
                  Insert: {
                    "claims": NonNullable<Json>,"name": string
                  }
                  Update: {
                    "claims"?: NonNullable<Json>,"name"?: string
                  }
                  Relationships: [
                    
                  ]
                }
          }
          Views: {
            [_ in never]: never
          }
          Functions: {
            "act_for":
{ Args: { "p_user_id": string }; Returns: string
                           },
"act_for_active":
{ Args: { "p_user_id": string }; Returns: string
                           },
"count_attempt":
{ Args: { "p_user_id": string }; Returns: undefined
                           },
"count_envelopes":
{ Args: Record<PropertyKey, never>; Returns: {
              "envelopes": number,"kid": number
            }[]
                           },
"expire_holds":
{ Args: { "p_limit": number }; Returns: number
                           },
"grant_credits":
{ Args: { "p_credits": number,"p_idempotency_key": string,"p_reason": string,"p_user_id": string }; Returns: {
              "available_credits": number,"granted": boolean
            }[]
                           },
"is_active":
{ Args: { "p_user_id": string }; Returns: boolean
                           },
"is_client_accepted":
{ Args: { "p_claims": Json }; Returns: boolean
                           },
"key_works":
{ Args: { "p_status": string }; Returns: boolean
                           },
"list_envelope_ids":
{ Args: { "p_after": string,"p_kid": number,"p_limit": number }; Returns: {
              "credential_id": string,"user_id": string
            }[]
                           },
"list_envelopes":
{ Args: { "p_after": string,"p_kid": number,"p_limit": number }; Returns: {
              "credential_id": string,"envelope": string,"provider": string,"user_id": string
            }[]
                           },
"mark_credential":
{ Args: { "p_credential_id": string,"p_reason"?: string,"p_status": string,"p_user_id": string }; Returns: {
              "created_at": string,
"hint": string,
"id": string,
"provider": string,
"reason": string | null,
"status": string,
"updated_at": string,
"user_id": string,
"verified_at": string | null
            }[]
                          SetofOptions: {
        from: "*"
        to: "credentials"
        isOneToOne: false
        isSetofReturn: true
      } },
"open_call":
{ Args: { "p_operation"?: string,"p_provider": string,"p_request_id": string,"p_user_id": string }; Returns: {
              "credential_id": string,"envelope": string,"funding": string,"hold_id": string,"max_input_bytes": number,"max_output_tokens": number,"models": (string)[],"price_microcredits": number
            }[]
                           },
"read_envelope":
{ Args: { "p_provider": string,"p_user_id": string }; Returns: {
              "credential_id": string,"envelope": string
            }[]
                           },
"refuse_browser":
{ Args: Record<PropertyKey, never>; Returns: undefined
                           },
"replace_envelopes":
{ Args: { "p_replacements": Json }; Returns: string[]
                           },
"require_claims":
{ Args: { "p_claims": Json }; Returns: boolean
                           },
"resolve_hold":
{ Args: { "p_hold_id": string,"p_state": string,"p_user_id": string }; Returns: string
                           },
"run_batch":
{ Args: { "p_steps": Json }; Returns: {
              "answer": Json,"number": number,"refusal": Json
            }[]
                           },
"save_credential":
{ Args: { "p_credential_id": string,"p_envelope": string,"p_hint": string,"p_kid": number,"p_provider": string,"p_reason"?: string,"p_status": string,"p_user_id": string }; Returns: {
              "created_at": string,
"hint": string,
"id": string,
"provider": string,
"reason": string | null,
"status": string,
"updated_at": string,
"user_id": string,
"verified_at": string | null
            }[]
                          SetofOptions: {
        from: "*"
        to: "credentials"
        isOneToOne: false
        isSetofReturn: true
      } },
"settle_hold":
{ Args: { "p_hold_id": string,"p_user_id": string }; Returns: string
                           },
"stop_acting":
{ Args: { "p_previous_claims": string }; Returns: undefined
                           },
"to_credits":
{ Args: { "p_microcredits": number }; Returns: number
                           },
"to_microcredits":
{ Args: { "p_credits": number }; Returns: number
                           },
"void_expired":
{ Args: { "p_hold_ids": (string)[],"p_user_id": string }; Returns: Record<string, unknown>
                           },
"void_hold":
{ Args: { "p_hold_id": string,"p_user_id": string }; Returns: string
                           }
          }
          Enums: {
            [_ in never]: never
          }
          CompositeTypes: {
            [_ in never]: never
          }
        }
}

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "byok">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
  ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R
    }
    ? R
    : never
  : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I
    }
    ? I
    : never
  : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U
    }
    ? U
    : never
  : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
  ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
  ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never

export const Constants = {
  "byok": {
          Enums: {
            
          }
        }
} as const
