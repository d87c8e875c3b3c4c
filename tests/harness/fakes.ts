/** Requests of tests to the fakes of the providers, and readers of the answers. */
import { expect } from "vitest";
import { providers } from "../../functions/_shared/providers/index.ts";
import {
  type Behaviour,
  type FakeOrigins,
  fakeKey,
  type ProviderId,
  type RecordedRequest,
} from "../../stack/providers/index.ts";
import { mainProviders } from "./providers/main.ts";
import type { Script } from "../../stack/providers/script.ts";
import type { TestStack } from "./stack.ts";

export { type Behaviour, fakeKey, type ProviderId, type RecordedRequest };

/** A fake, by its provider, or by its provider and place. */
type Fake = keyof FakeOrigins;

/** The requests that a fake received with a credential, oldest first. */
export async function requestsWith(on: TestStack, provider: Fake, credential: string): Promise<RecordedRequest[]> {
  return (await control(on, provider, `requests?${new URLSearchParams({ key: credential })}`)) as RecordedRequest[];
}

/** Waits until a client of this key has left a request before its end; all requests with the key. Fails after 10 s. */
export async function requestsOnceLeft(
  on: TestStack,
  provider: ProviderId,
  apiKey: string,
): Promise<RecordedRequest[]> {
  return (await control(
    on,
    provider,
    `requests?${new URLSearchParams({ key: apiKey, gone: "1" })}`,
  )) as RecordedRequest[];
}

export async function forgetRequests(on: TestStack, provider: ProviderId, apiKey: string): Promise<void> {
  await control(on, provider, `requests?${new URLSearchParams({ key: apiKey })}`, { method: "DELETE" });
}

/** Changes what a fake does with a key from now on: how a key is revoked, or a provider goes down. */
export async function behave(on: TestStack, provider: ProviderId, apiKey: string, behaviour: Behaviour): Promise<void> {
  await control(on, provider, "behaviour", { method: "POST", body: JSON.stringify({ key: apiKey, behaviour }) });
}

/** Has a fake answer a key word for word from now on, as a fixture says. */
export async function script(on: TestStack, provider: Fake, apiKey: string, given: Script): Promise<void> {
  await control(on, provider, "script", { method: "POST", body: JSON.stringify({ key: apiKey, script: given }) });
}

/** Makes a provider treat the platform's own key in some way from now on; `resetPlatformKeys()` ends that. */
export async function letPlatformKey(on: TestStack, provider: ProviderId, behaviour: Behaviour): Promise<void> {
  await behave(on, provider, on.platformKeys[provider], behaviour);
}

/** Makes the platform's own keys work again; the fakes forget what was asked with them. */
export async function resetPlatformKeys(on: TestStack): Promise<void> {
  for (const provider of mainProviders) {
    await letPlatformKey(on, provider, "platform");
    await forgetRequests(on, provider, on.platformKeys[provider]);
  }
}

/** The requests that a fake received with the platform's own key, oldest first. */
export function platformRequests(on: TestStack, provider: ProviderId): Promise<RecordedRequest[]> {
  return requestsWith(on, provider, on.platformKeys[provider]);
}

/** As `platformRequests`, of all providers. */
export async function allPlatformRequests(on: TestStack): Promise<RecordedRequest[]> {
  return (await Promise.all(mainProviders.map((provider) => platformRequests(on, provider)))).flat();
}

async function control(on: TestStack, provider: Fake, path: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(`${on.origins[provider]}/__fake/${path}`, init);
  if (!response.ok) throw new Error(`The fake of ${provider} answered ${response.status} to ${path.split("?")[0]}.`);
  return await response.json();
}

/** Headers any provider may get beside the credential: those every request needs or any HTTP client sends. */
const ordinaryHeaders = [
  "accept",
  "accept-encoding",
  "accept-language",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "transfer-encoding",
  "user-agent",
];

/** Headers of a provider's own that authenticate or tell who the caller is. */
const callersHeader =
  /^anthropic-dangerous-|^x-goog-(?:api-key|user-project|authuser|visitor-id|authenticated-|ia[mp]-)/;

/** Whether a provider may get a header: one that every request needs, or one of the provider's own that chooses a feature. */
export function mayGetHeader(provider: ProviderId, name: string): boolean {
  const { features } = providers[provider].api;
  const isFeature = features !== undefined && name.startsWith(features.prefix) && !callersHeader.test(name);
  return isFeature || ordinaryHeaders.includes(name);
}

/**
 * Checks that a provider got the user's API key, as the only credential and where it belongs, and nothing of the caller: no
 * access token, no user id, no header but the ordinary ones.
 *
 * @param at where the key belongs, if not where the provider's own API takes it
 * @returns the requests with the key
 */
export async function expectOnlyTheKey(
  provider: ProviderId,
  { user, apiKey }: { user: { id: string; accessToken: string; stack: TestStack }; apiKey: string },
  at = providers[provider].api.authentication.header,
): Promise<RecordedRequest[]> {
  const requests = await requestsWith(user.stack, provider, apiKey);
  expect(requests).not.toEqual([]);
  expect(await requestsWith(user.stack, provider, user.accessToken)).toEqual([]);
  for (const request of requests) {
    const { [at]: credential, ...others } = request.headers;
    expect(credential?.replace(/^Bearer /, "") === apiKey, "the credential is the API key").toBe(true);
    expect(Object.keys(others).filter((name) => !mayGetHeader(provider, name))).toEqual([]);
    const everything = JSON.stringify([request.path, request.query, others, request.bodyText]);
    const isClean = ![apiKey, user.accessToken, user.id].some((secret) => everything.includes(secret));
    expect(isClean, "nothing else tells who calls").toBe(true);
  }
  return requests;
}
