/** Access tokens that a stack's Auth did not issue, signed with the project's own key. */
import type { JWTPayload } from "jose";
import { createTokens } from "../../stack/api/tokens.ts";
import { loadSecrets } from "../../stack/secrets.ts";
import type { TestStack } from "./stack.ts";

/** Signs any claims as the stack's Auth would. */
export async function sign({ stateDir, url }: TestStack, claims: JWTPayload): Promise<string> {
  const tokens = await createTokens(await loadSecrets(stateDir), url);
  return tokens.sign(claims);
}
