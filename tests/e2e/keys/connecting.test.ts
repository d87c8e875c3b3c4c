/** Connecting an account with a provider in the place of pasting a key: OAuth with PKCE, finished by the functions. */
import { describe, expect, test } from "vitest";
import { createByok } from "../../../client/index.ts";
import { providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import type { Provider } from "../../../functions/_shared/providers/types.ts";
import { ask } from "../../harness/calls.ts";
import { functionsUrl, newUser, type User } from "../../harness/users.ts";

const callbackUrl = "https://app.test/settings?tab=keys";
const connectable = providerIds.filter((id) => (providers[id] as Provider).keys.connection);

/** Sends the user to the provider's page, where they agree; what they are back with. */
async function agree(url: string): Promise<{ code: string; back: URL }> {
  const answer = await fetch(url, { redirect: "manual" });
  expect(answer.status).toBe(302);
  const back = new URL(answer.headers.get("location")!);
  return { code: back.searchParams.get("code")!, back };
}

async function post(user: User, body: object) {
  const answer = await fetch(`${functionsUrl}/save`, {
    method: "POST",
    headers: { authorization: `Bearer ${user.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text(), code: answer.headers.get("x-byok-error") };
}

const verifier = "v".repeat(43);

describe.each(connectable)("%s", (provider) => {
  test("makes a key for a user who agrees, which calls work with and the browser never has", async () => {
    const user = await newUser();
    const byok = createByok(user.supabase);
    const { data: begun } = await byok.beginConnecting(provider, callbackUrl);
    expect(new URL(begun!.url).searchParams.get("code_challenge_method")).toBe("S256");
    expect(begun!.url).not.toContain(begun!.pending.codeVerifier);
    const { code, back } = await agree(begun!.url);
    expect(`${back.origin}${back.pathname}`).toBe("https://app.test/settings");
    expect(back.searchParams.get("tab")).toBe("keys");
    const { data, error } = await byok.finishConnecting(begun!.pending, code);
    expect(error).toBeNull();
    expect(data).toMatchObject({ verdict: "verified", credential: { provider, status: "verified" } });
    expect(JSON.stringify(data)).not.toContain("fake-works-");
    const answer = await ask(user, provider);
    expect([answer.status, answer.headers.get("x-byok-funding")]).toEqual([200, "byok"]);
  });

  test("gives no second key for a code, and none for another verifier", async () => {
    const user = await newUser();
    const byok = createByok(user.supabase);
    const first = (await byok.beginConnecting(provider, callbackUrl)).data!;
    const other = (await byok.beginConnecting(provider, callbackUrl)).data!;
    const { code } = await agree(first.url);
    expect((await byok.finishConnecting(other.pending, code)).error?.code).toBe("code_refused");
    expect((await byok.list()).data).toEqual([]);
    expect((await byok.finishConnecting(first.pending, code)).data?.verdict).toBe("verified");
    expect((await byok.finishConnecting(first.pending, code)).error?.code).toBe("code_refused");
    expect((await byok.list()).data).toMatchObject([{ provider, status: "verified" }]);
  });
});

test("a key is for the user who began: another one gets none, and the code stays worth what it is", async () => {
  const [user, another] = await Promise.all([newUser(), newUser()]);
  const { url, pending } = (await createByok(user.supabase).beginConnecting("openrouter", callbackUrl)).data!;
  const { code } = await agree(url);
  const theirs = createByok(another.supabase);
  expect((await theirs.finishConnecting(pending, code)).error?.code).toBe("begun_by_another");
  expect((await theirs.list()).data).toEqual([]);
  expect((await createByok(user.supabase).finishConnecting(pending, code)).data?.verdict).toBe("verified");
});

test("the page of the provider itself is where users are sent, and no other provider has one", async () => {
  expect(connectable).toContain("openrouter");
  const byok = createByok((await newUser()).supabase);
  const { data } = await byok.providers();
  const listed = data!.filter(({ connect_url }) => connect_url !== null).map(({ id }) => id);
  expect(listed.sort()).toEqual([...connectable].sort());
  expect((await byok.beginConnecting("openai", callbackUrl)).error?.code).toBe("unknown_provider");
  const refused = await post(await newUser(), { provider: "openai", code: "x", code_verifier: verifier });
  expect([refused.status, refused.code]).toEqual([400, "invalid_request"]);
});

test.each([
  ["a code alone", { code: "x" }],
  ["a verifier alone", { code_verifier: verifier }],
  ["a code and a key", { code: "x", code_verifier: verifier, api_key: "sk-or-v1-x" }],
  ["a short verifier", { code: "x", code_verifier: "short" }],
  ["a code with a line break", { code: "x\ny", code_verifier: verifier }],
])("%s is refused, and the provider is not asked", async (_, body) => {
  const user = await newUser();
  expect((await post(user, { provider: "openrouter", ...body })).code).toBe("invalid_request");
});

test("a guessed code counts as an attempt of the day before the provider is asked", async () => {
  const user = await newUser();
  const codes = new Set<string | null>();
  for (let attempt = 0; attempt <= 50; attempt++) {
    const { code } = await post(user, { provider: "openrouter", code: `guess-${attempt}`, code_verifier: verifier });
    codes.add(code);
  }
  expect([...codes]).toEqual(["code_refused", "too_many_attempts"]);
});
