/**
 * The error table: code -> HTTP status -> message. Every refusal by the functions derives from it.
 * `callStatus` is there where `call` answers with another status than `save` and `verify`.
 */
export const errors = {
  invalid_request: { status: 400, message: "The request is not valid." },
  body_incomplete: { status: 400, message: "The request body ended before it was complete." },
  sealed_key_refused: {
    status: 400,
    message: "The sealed API key is too old, was used before, or is sealed for someone else. Paste it again.",
  },
  code_refused: { status: 400, message: "The provider does not accept this code any more. Connect once again." },
  model_prefix_missing: {
    status: 400,
    message: "The model does not say whose it is: write <provider>/<model>, such as openai/gpt-5.4-nano.",
  },
  model_too_late: { status: 400, message: "The model stands too far behind in the body: put it first." },
  operation_required: {
    status: 400,
    message: "Credits would pay for this call: name the operation in the header x-byok-operation.",
  },
  unauthenticated: {
    status: 401,
    message: "The access token of a signed-in user is needed, as Bearer token or as the SDK's API key.",
  },
  insufficient_credits: { status: 402, message: "There are not enough credits for this operation." },
  api_key_rejected: { status: 422, callStatus: 403, message: "The provider refuses this API key." },
  claims_required: {
    status: 403,
    message: "Changing API keys requires claims that this session's access token lacks.",
  },
  byok_not_allowed: { status: 403, message: "This account may not use API keys of its own." },
  credits_not_allowed: { status: 403, message: "This account may not use credits." },
  refused_by_app: { status: 403, message: "The app does not let this API key be checked." },
  not_a_member: { status: 403, message: "You do not belong to this team." },
  admins_only: { status: 403, message: "Only an admin of the team may change its API keys." },
  not_offered: { status: 403, message: "This is not available on platform credits. Bring your own API key to use it." },
  unknown_provider: { status: 404, message: "There is no such provider." },
  unknown_endpoint: { status: 404, message: "There is no such endpoint." },
  unknown_path: { status: 404, message: "The provider has no such path." },
  credential_not_found: { status: 404, message: "No API key is saved for this provider." },
  method_not_allowed: { status: 405, message: "This method is not allowed here." },
  request_in_progress: { status: 409, message: "A call with this idempotency key is under way." },
  request_completed: { status: 409, message: "A call with this idempotency key was completed and charged." },
  keyring_changed: { status: 409, message: "This function does not have the key ring that was asked about." },
  body_too_large: { status: 413, message: "The request body is too large." },
  websocket_not_relayed: { status: 426, message: "WebSockets are not relayed." },
  too_many_calls: { status: 429, message: "Too many calls in this minute. Try again in a moment." },
  too_many_attempts: { status: 429, message: "Too many API keys were checked today. Try again tomorrow." },
  envelope_unreadable: { status: 500, message: "The saved API key cannot be opened. Save it again." },
  owners_malformed: { status: 500, message: "Something went wrong on our side: the teams of this user are unclear." },
  internal: { status: 500, message: "Something went wrong on our side." },
  provider_unreachable: { status: 502, message: "The provider could not be reached." },
  provider_misbehaved: { status: 502, message: "The provider answered in a way that cannot be passed on." },
  database_unavailable: { status: 503, message: "The database does not answer. Try again in a moment." },
  schema_outdated: { status: 503, message: "The database is older than this function. Its operator has to update it." },
  too_many_uploads: { status: 503, message: "Too many request bodies are under way. Try again in a moment." },
  provider_timeout: { status: 504, message: "The provider did not answer in time." },
} as const satisfies Record<string, { status: number; callStatus?: number; message: string }>;

export type ErrorCode = keyof typeof errors;
