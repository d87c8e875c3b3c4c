/** Requests to the functions by callers of all kinds. */
import { expect } from "vitest";
import { refusalOf } from "../../harness/calls.ts";
import { functionsUrl } from "../../harness/users.ts";

/** A call that costs nothing. */
export function listModels(headers: Record<string, string>, query = ""): Promise<Response> {
  return fetch(`${functionsUrl}/call/openai/v1/models${query}`, { headers });
}

export async function post(slug: string, headers: Record<string, string>, body: unknown = {}): Promise<Response> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
  return await fetch(`${functionsUrl}/${slug}`, init);
}

export async function expectNobody(response: Response): Promise<void> {
  expect([response.status, refusalOf(response)]).toEqual([401, "unauthenticated"]);
}
