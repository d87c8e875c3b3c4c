
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  
  "byok": {
          Tables: {
            "accounts": {
                  Row: {
                    "available_microcredits": number,"owner_id": string,"unpaid_microcredits": number,"unpaid_on": string,"updated_at": string,"write_account": undefined | null
                  }
                  ComputedFields: "write_account"
                  Insert: {
                    "available_microcredits"?: number,"owner_id": string,"unpaid_microcredits"?: number,"unpaid_on"?: string,"updated_at"?: string
                  }
                  Update: {
                    "available_microcredits"?: number,"owner_id"?: string,"unpaid_microcredits"?: number,"unpaid_on"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "accounts_owner_id_fkey"
      columns: ["owner_id"]
isOneToOne: true
      referencedRelation: "owners"
      referencedColumns: ["id"]
    }
                  ]
                },"counters": {
                  Row: {
                    "name": string,"period_began_at": string,"times": number,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "name": string,"period_began_at": string,"times": number,"user_id": string
                  }
                  Update: {
                    "name"?: string,"period_began_at"?: string,"times"?: number,"user_id"?: string
                  }
                  Relationships: [
                    
                  ]
                },"credentials": {
                  Row: {
                    "created_at": string,"hint": string,"id": string,"is_paused": boolean,"last_used_on": string | null,"owner_id": string,"prefix": string,"provider": string,"reason": string | null,"status": string,"updated_at": string,"verified_at": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"hint": string,"id": string,"is_paused"?: boolean,"last_used_on"?: string | null,"owner_id": string,"prefix"?: string,"provider": string,"reason"?: string | null,"status": string,"updated_at"?: string,"verified_at"?: string | null
                  }
                  Update: {
                    "created_at"?: string,"hint"?: string,"id"?: string,"is_paused"?: boolean,"last_used_on"?: string | null,"owner_id"?: string,"prefix"?: string,"provider"?: string,"reason"?: string | null,"status"?: string,"updated_at"?: string,"verified_at"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "credentials_owner_id_fkey"
      columns: ["owner_id"]
isOneToOne: false
      referencedRelation: "owners"
      referencedColumns: ["id"]
    }
                  ]
                },"entries": {
                  Row: {
                    "cache_write_tokens": number | null,"cached_input_tokens": number | null,"charge_id": number | null,"created_at": string,"id": number,"idempotency_key": string | null,"input_tokens": number | null,"kind": string,"member_id": string | null,"microcredits": number,"model": string | null,"operation": string | null,"output_tokens": number | null,"owner_id": string,"provider": string | null,"reason": string | null,"request_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "cache_write_tokens"?: number | null,"cached_input_tokens"?: number | null,"charge_id"?: number | null,"created_at"?: string,"id"?: number,"idempotency_key"?: string | null,"input_tokens"?: number | null,"kind": string,"member_id"?: string | null,"microcredits": number,"model"?: string | null,"operation"?: string | null,"output_tokens"?: number | null,"owner_id": string,"provider"?: string | null,"reason"?: string | null,"request_id"?: string | null
                  }
                  Update: {
                    "cache_write_tokens"?: number | null,"cached_input_tokens"?: number | null,"charge_id"?: number | null,"created_at"?: string,"id"?: number,"idempotency_key"?: string | null,"input_tokens"?: number | null,"kind"?: string,"member_id"?: string | null,"microcredits"?: number,"model"?: string | null,"operation"?: string | null,"output_tokens"?: number | null,"owner_id"?: string,"provider"?: string | null,"reason"?: string | null,"request_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "entries_owner_id_fkey"
      columns: ["owner_id"]
isOneToOne: false
      referencedRelation: "accounts"
      referencedColumns: ["owner_id"]
    }
                  ]
                },"envelopes": {
                  Row: {
                    "credential_id": string,"envelope": string,"kid": number,"owner_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "credential_id": string,"envelope": string,"kid": number,"owner_id": string,"updated_at"?: string
                  }
                  Update: {
                    "credential_id"?: string,"envelope"?: string,"kid"?: number,"owner_id"?: string,"updated_at"?: string
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
                    "expires_at": string,"id": number,"member_id": string | null,"microcredits": number,"model": string,"operation": string,"owner_id": string,"provider": string,"request_id": string | null,"enter_charge": undefined | null
                  }
                  ComputedFields: "enter_charge"
                  Insert: {
                    "expires_at"?: string,"id"?: number,"member_id"?: string | null,"microcredits": number,"model": string,"operation": string,"owner_id": string,"provider": string,"request_id"?: string | null
                  }
                  Update: {
                    "expires_at"?: string,"id"?: number,"member_id"?: string | null,"microcredits"?: number,"model"?: string,"operation"?: string,"owner_id"?: string,"provider"?: string,"request_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "holds_owner_id_fkey"
      columns: ["owner_id"]
isOneToOne: false
      referencedRelation: "accounts"
      referencedColumns: ["owner_id"]
    }
                  ]
                },"key_events": {
                  Row: {
                    "actor": string,"actor_id": string | null,"created_at": string,"hint": string,"id": number,"kind": string,"owner_id": string,"provider": string,"reason": string | null,"status": string
                  }
                  ComputedFields: never
                  Insert: {
                    "actor": string,"actor_id"?: string | null,"created_at"?: string,"hint": string,"id"?: never,"kind": string,"owner_id": string,"provider": string,"reason"?: string | null,"status": string
                  }
                  Update: {
                    "actor"?: string,"actor_id"?: string | null,"created_at"?: string,"hint"?: string,"id"?: never,"kind"?: string,"owner_id"?: string,"provider"?: string,"reason"?: string | null,"status"?: string
                  }
                  Relationships: [
                    
                  ]
                },"limits": {
                  Row: {
                    "at_most": number,"name": string,"period": string
                  }
                  ComputedFields: never
                  Insert: {
                    "at_most": number,"name": string,"period": string
                  }
                  Update: {
                    "at_most"?: number,"name"?: string,"period"?: string
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
                    "description": string,"label": string,"name": string
                  }
                  ComputedFields: never
                  Insert: {
                    "description": string,"label": string,"name": string
                  }
                  Update: {
                    "description"?: string,"label"?: string,"name"?: string
                  }
                  Relationships: [
                    
                  ]
                },"owners": {
                  Row: {
                    "id": string,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "id": string,"user_id"?: string | null
                  }
                  Update: {
                    "id"?: string,"user_id"?: string | null
                  }
                  Relationships: [
                    
                  ]
                },"prices": {
                  Row: {
                    "max_input_bytes": number,"max_output_tokens": number,"microcredits_per_1000_cache_write_tokens": number | null,"microcredits_per_1000_cached_input_tokens": number | null,"microcredits_per_1000_input_tokens": number | null,"microcredits_per_1000_output_tokens": number | null,"microcredits_per_call": number | null,"model": string,"operation": string,"provider": string
                  }
                  ComputedFields: never
                  Insert: {
                    "max_input_bytes": number,"max_output_tokens": number,"microcredits_per_1000_cache_write_tokens"?: number | null,"microcredits_per_1000_cached_input_tokens"?: number | null,"microcredits_per_1000_input_tokens"?: number | null,"microcredits_per_1000_output_tokens"?: number | null,"microcredits_per_call"?: number | null,"model": string,"operation": string,"provider": string
                  }
                  Update: {
                    "max_input_bytes"?: number,"max_output_tokens"?: number,"microcredits_per_1000_cache_write_tokens"?: number | null,"microcredits_per_1000_cached_input_tokens"?: number | null,"microcredits_per_1000_input_tokens"?: number | null,"microcredits_per_1000_output_tokens"?: number | null,"microcredits_per_call"?: number | null,"model"?: string,"operation"?: string,"provider"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "prices_operation_fkey"
      columns: ["operation"]
isOneToOne: false
      referencedRelation: "operations"
      referencedColumns: ["name"]
    }
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
                },"used_seals": {
                  Row: {
                    "seal": string,"used_at": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "seal": string,"used_at"?: string,"user_id": string
                  }
                  Update: {
                    "seal"?: string,"used_at"?: string,"user_id"?: string
                  }
                  Relationships: [
                    
                  ]
                }
          }
          Views: {
            [_ in never]: never
          }
          Functions: {
            "act_as":
{ Args: { "p_actor": string,"p_actor_id"?: string }; Returns: undefined
                           },
"act_for":
{ Args: { "p_owner_id": string }; Returns: string
                           },
"act_for_active":
{ Args: { "p_user_id": string }; Returns: string
                           },
"act_for_team":
{ Args: { "p_team_id": string }; Returns: undefined
                           },
"acting_for":
{ Args: Record<PropertyKey, never>; Returns: string
                           },
"add_key_event":
{ Args: { "p_credential": Omit<Database["byok"]['Tables']["credentials"]['Row'], Database["byok"]['Tables']["credentials"]['ComputedFields']>,"p_kind": string }; Returns: undefined
                           },
"add_owner":
{ Args: { "p_kind": string,"p_owner_id": string }; Returns: undefined
                           },
"bear":
{ Args: { "p_account": Omit<Database["byok"]['Tables']["accounts"]['Row'], Database["byok"]['Tables']["accounts"]['ComputedFields']>,"p_microcredits": number }; Returns: {
              "available_microcredits": number,
"owner_id": string,
"unpaid_microcredits": number,
"unpaid_on": string,
"updated_at": string
            }
                          SetofOptions: {
        from: "*"
        to: "accounts"
        isOneToOne: true
        isSetofReturn: false
      } },
"charge_hold":
{ Args: { "p_hold_id": number,"p_owner_id": string }; Returns: string
                           },
"count_attempt":
{ Args: { "p_seal"?: string,"p_team_id"?: string,"p_user_id": string }; Returns: undefined
                           },
"count_envelopes":
{ Args: Record<PropertyKey, never>; Returns: {
              "envelopes": number,"kid": number
            }[]
                           },
"count_once":
{ Args: { "p_rule": Omit<Database["byok"]['Tables']["limits"]['Row'], Database["byok"]['Tables']["limits"]['ComputedFields']>,"p_user_id": string }; Returns: number
                           },
"end_expired":
{ Args: { "p_account": Omit<Database["byok"]['Tables']["accounts"]['Row'], Database["byok"]['Tables']["accounts"]['ComputedFields']>,"p_hold_ids": (number)[] }; Returns: {
              "available_microcredits": number,
"owner_id": string,
"unpaid_microcredits": number,
"unpaid_on": string,
"updated_at": string
            }
                          SetofOptions: {
        from: "*"
        to: "accounts"
        isOneToOne: true
        isSetofReturn: false
      } },
"end_unpaid":
{ Args: { "p_account": Omit<Database["byok"]['Tables']["accounts"]['Row'], Database["byok"]['Tables']["accounts"]['ComputedFields']>,"p_hold": Omit<Database["byok"]['Tables']["holds"]['Row'], Database["byok"]['Tables']["holds"]['ComputedFields']> }; Returns: {
              "available_microcredits": number,
"owner_id": string,
"unpaid_microcredits": number,
"unpaid_on": string,
"updated_at": string
            }
                          SetofOptions: {
        from: "*"
        to: "accounts"
        isOneToOne: true
        isSetofReturn: false
      } },
"enter_charge":
{ Args: { "p_hold": Omit<Database["byok"]['Tables']["holds"]['Row'], Database["byok"]['Tables']["holds"]['ComputedFields']> }; Returns: undefined
                           },
"expire_holds":
{ Args: { "p_limit": number }; Returns: number
                           },
"forget_owner":
{ Args: { "p_owner_id": string }; Returns: boolean
                           },
"grant_credits":
{ Args: { "p_credits": number,"p_idempotency_key": string,"p_kind"?: string,"p_owner_id": string,"p_reason": string }; Returns: {
              "available_credits": number,"granted": boolean
            }[]
                           },
"hold_call":
{ Args: { "p_max_input_tokens": number,"p_max_output_tokens": number,"p_member_id": string,"p_model": string,"p_operation": string,"p_owner_id": string,"p_provider": string,"p_request_id": string }; Returns: Database["byok"]['CompositeTypes']["placed_hold"]
                          SetofOptions: {
        from: "*"
        to: "placed_hold"
        isOneToOne: true
        isSetofReturn: false
      } },
"is_active":
{ Args: { "p_user_id": string }; Returns: boolean
                           },
"is_client_accepted":
{ Args: { "p_claims": Json }; Returns: boolean
                           },
"is_membership":
{ Args: { "p_kind": string,"p_owner_id": string,"p_role": string,"p_user_id": string }; Returns: boolean
                           },
"is_sound_entry":
{ Args: { "p_entry": Omit<Database["byok"]['Tables']["entries"]['Row'], Database["byok"]['Tables']["entries"]['ComputedFields']>,"p_kind": string }; Returns: boolean
                           },
"is_user":
{ Args: { "p_id": string }; Returns: boolean
                           },
"key_works":
{ Args: { "p_status": string }; Returns: boolean
                           },
"list_due_ids":
{ Args: { "p_limit": number,"p_older_than_hours": number }; Returns: {
              "credential_id": string,"owner_id": string
            }[]
                           },
"list_envelope_ids":
{ Args: { "p_after": string,"p_kid": number,"p_limit": number }; Returns: {
              "credential_id": string,"owner_id": string
            }[]
                           },
"list_envelopes":
{ Args: { "p_after": string,"p_kid": number,"p_limit": number }; Returns: {
              "credential_id": string,"envelope": string,"owner_id": string,"provider": string
            }[]
                           },
"list_prices":
{ Args: Record<PropertyKey, never>; Returns: {
              "max_input_bytes": number,
"max_output_tokens": number,
"microcredits_per_1000_cache_write_tokens": number | null,
"microcredits_per_1000_cached_input_tokens": number | null,
"microcredits_per_1000_input_tokens": number | null,
"microcredits_per_1000_output_tokens": number | null,
"microcredits_per_call": number | null,
"model": string,
"operation": string,
"provider": string
            }[]
                          SetofOptions: {
        from: "*"
        to: "prices"
        isOneToOne: false
        isSetofReturn: true
      } },
"mark_credential":
{ Args: { "p_actor"?: string,"p_actor_id"?: string,"p_credential_id": string,"p_owner_id": string,"p_reason"?: string,"p_status": string }; Returns: {
              "created_at": string,
"hint": string,
"id": string,
"is_paused": boolean,
"last_used_on": string | null,
"owner_id": string,
"prefix": string,
"provider": string,
"reason": string | null,
"status": string,
"updated_at": string,
"verified_at": string | null
            }[]
                          SetofOptions: {
        from: "*"
        to: "credentials"
        isOneToOne: false
        isSetofReturn: true
      } },
"may_bring_key":
{ Args: { "p_owner_id": string }; Returns: boolean
                           },
"may_use_credits":
{ Args: { "p_owner_id": string }; Returns: boolean
                           },
"memberships_of":
{ Args: { "p_user_id": string }; Returns: {
              "kind": string,"owner_id": string,"role": string
            }[]
                           },
"most_microcredits":
{ Args: { "p_max_input_tokens": number,"p_max_output_tokens": number,"p_price": Omit<Database["byok"]['Tables']["prices"]['Row'], Database["byok"]['Tables']["prices"]['ComputedFields']> }; Returns: number
                           },
"my_owners":
{ Args: { "p_role"?: string }; Returns: (string)[]
                           },
"note_refusal":
{ Args: { "p_credential_id": string,"p_owner_id": string,"p_reason": string,"p_status": string,"p_user_id": string }; Returns: boolean
                           },
"on_key_event":
{ Args: { "p_event": Json }; Returns: undefined
                           },
"open_call":
{ Args: { "p_call"?: Json,"p_provider": string,"p_team_id"?: string,"p_user_id": string }; Returns: Record<string, unknown>
                           },
"owner_with_account":
{ Args: { "p_owners": (string)[],"p_team_id": string,"p_user_id": string }; Returns: string
                           },
"owners_of":
{ Args: { "p_user_id": string }; Returns: {
              "kind": string,"owner_id": string,"role": string
            }[]
                           },
"owners_to_ask":
{ Args: { "p_team_id": string,"p_user_id": string }; Returns: (string)[]
                           },
"place_hold":
{ Args: { "p_max_input_tokens": number,"p_max_output_tokens": number,"p_model": string,"p_operation": string,"p_provider": string,"p_request_id": string,"p_team_id"?: string,"p_user_id": string }; Returns: Database["byok"]['CompositeTypes']["placed_hold"]
                          SetofOptions: {
        from: "*"
        to: "placed_hold"
        isOneToOne: true
        isSetofReturn: false
      } },
"read_balance":
{ Args: { "p_team_id"?: string }; Returns: {
              "available_microcredits": number,"held_microcredits": number
            }[]
                           },
"read_envelope":
{ Args: { "p_provider": string,"p_team_id"?: string,"p_user_id": string }; Returns: {
              "credential_id": string,"envelope": string
            }[]
                           },
"read_rights":
{ Args: { "p_team_id"?: string }; Returns: {
              "is_member": boolean,"may_bring_key": boolean,"may_manage_keys": boolean,"may_use_credits": boolean
            }[]
                           },
"record_rotation":
{ Args: { "p_credential": Json }; Returns: undefined
                           },
"records_last_use":
{ Args: Record<PropertyKey, never>; Returns: boolean
                           },
"refund_charge":
{ Args: { "p_cache_write_tokens"?: number,"p_cached_input_tokens"?: number,"p_charge_id": number,"p_input_tokens"?: number,"p_microcredits": number,"p_output_tokens"?: number,"p_owner_id": string,"p_reason": string }; Returns: number
                           },
"refuse_browser":
{ Args: Record<PropertyKey, never>; Returns: string
                           },
"replace_envelopes":
{ Args: { "p_replacements": Json }; Returns: string[]
                           },
"require_claims":
{ Args: { "p_claims": Json }; Returns: boolean
                           },
"require_owner":
{ Args: { "p_role": string,"p_team_id": string,"p_user_id": string }; Returns: string
                           },
"reserve":
{ Args: { "p_member_id": string,"p_microcredits": number,"p_model": string,"p_operation": string,"p_owner_id": string,"p_provider": string,"p_request_id": string }; Returns: number
                           },
"revoke_credits":
{ Args: { "p_credits": number,"p_idempotency_key": string,"p_owner_id": string,"p_reason": string }; Returns: {
              "available_credits": number,"revoked_credits": number
            }[]
                           },
"run_batch":
{ Args: { "p_steps": Json }; Returns: {
              "answer": Json,"number": number,"refusal": Json
            }[]
                           },
"save_credential":
{ Args: { "p_credential_id": string,"p_envelope": string,"p_hint": string,"p_kid": number,"p_prefix"?: string,"p_provider": string,"p_reason"?: string,"p_status": string,"p_team_id"?: string,"p_user_id": string }; Returns: {
              "created_at": string,
"hint": string,
"id": string,
"is_paused": boolean,
"last_used_on": string | null,
"owner_id": string,
"prefix": string,
"provider": string,
"reason": string | null,
"status": string,
"updated_at": string,
"verified_at": string | null
            }[]
                          SetofOptions: {
        from: "*"
        to: "credentials"
        isOneToOne: false
        isSetofReturn: true
      } },
"schema_version":
{ Args: Record<PropertyKey, never>; Returns: number
                           },
"stop_acting":
{ Args: { "p_previous_claims": string }; Returns: string
                           },
"take_due_credentials":
{ Args: { "p_limit": number,"p_older_than_hours": number }; Returns: {
              "credential_id": string,"envelope": string,"owner_id": string,"provider": string,"reason": string,"status": string
            }[]
                           },
"to_credits":
{ Args: { "p_microcredits": number }; Returns: number
                           },
"to_microcredits":
{ Args: { "p_credits": number }; Returns: number
                           },
"void_hold":
{ Args: { "p_hold_id": number,"p_owner_id": string,"p_was_asked": boolean }; Returns: string
                           },
"write_account":
{ Args: { "p_account": Omit<Database["byok"]['Tables']["accounts"]['Row'], Database["byok"]['Tables']["accounts"]['ComputedFields']> }; Returns: undefined
                           }
          }
          Enums: {
            [_ in never]: never
          }
          CompositeTypes: {
            "placed_hold": {
                        "hold_id": number | null,"microcredits": number | null,"microcredits_per_1000_input_tokens": number | null,"microcredits_per_1000_cached_input_tokens": number | null,"microcredits_per_1000_cache_write_tokens": number | null,"microcredits_per_1000_output_tokens": number | null
                      }
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
