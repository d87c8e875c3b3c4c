import type { Guard } from "../mutants.ts";

const exchange = {
  file: "functions/_shared/providers/connection.ts",
  test: "tests/unit/providers/connection.test.ts",
};

/** Of keys that a provider makes for a user who agreed there. */
export const connectingGuards: readonly Guard[] = [
  {
    name: "A guessed code counts as an attempt",
    file: "functions/_shared/keys/connecting.ts",
    guard: "await services.database.countAttempt(holder.userId, null, holder.teamId);",
    instead: "",
    test: "tests/e2e/keys/connecting.test.ts",
  },
  {
    ...exchange,
    name: "An exchange follows no redirect",
    guard: 'redirect: "manual",',
    instead: 'redirect: "follow",',
  },
  {
    ...exchange,
    name: "An exchange takes no key that would have to be mended",
    guard: "read.apiKey !== key",
    instead: "false",
  },
  {
    ...exchange,
    name: "The cause of a failed exchange stays inside",
    guard: 'throw new ByokError("provider_unreachable");',
    instead: 'throw new ByokError("provider_unreachable", { message: code });',
  },
  {
    name: "A connected key is saved for the user who began",
    file: "client/byok.ts",
    guard: "userId !== session.user.id || team !== this.team",
    instead: "team !== this.team",
    test: "tests/unit/client.test.ts",
  },
  {
    name: "A connected key is saved for the team that it was begun for",
    file: "client/byok.ts",
    guard: "userId !== session.user.id || team !== this.team",
    instead: "userId !== session.user.id",
    test: "tests/unit/client.test.ts",
  },
  {
    name: "The secret of a connection does not go along with the user",
    file: "client/connecting.ts",
    guard: 'url.searchParams.set("code_challenge", base64Url(new Uint8Array(digest)));',
    instead: 'url.searchParams.set("code_challenge", codeVerifier);',
    test: "tests/e2e/keys/connecting.test.ts",
  },
];
