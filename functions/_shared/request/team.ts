/** The header `x-byok-team`, with the id of a team: whose API key is saved or checked, or with whom a call is made. */
import { ByokError } from "../errors.ts";
import { uuidPattern } from "./validation.ts";

/**
 * @returns null if the request names no team
 * @throws ByokError `invalid_request` if the header is no UUID
 */
export function teamOf({ headers }: Request): string | null {
  const teamId = headers.get("x-byok-team");
  if (teamId === null) return null;
  if (!uuidPattern.test(teamId)) {
    throw new ByokError("invalid_request", {
      message: "The header x-byok-team is not a UUID.",
      details: { field: "x-byok-team" },
    });
  }
  return teamId.toLowerCase();
}
