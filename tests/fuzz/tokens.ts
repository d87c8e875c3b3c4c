/** Access tokens that nobody was given, in each place where one is looked for. */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import {
  base64url,
  CompactEncrypt,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from "jose";
import { expect, test } from "vitest";
import { sign } from "../harness/sign.ts";
import { draw, replay, sent } from "./drawing.ts";
import type { Target } from "./target.ts";
import { exchange, requestOf, type WireAnswer } from "./wire.ts";

/** Bytes unfit for a head are refused by the server itself, before there is a request. */
function isNoRequest({ status, headers }: WireAnswer): boolean {
  return status === 400 && headers["x-byok-error"] === undefined;
}

export function attackTokens(target: () => Target): void {
  const hour = 3600;
  const now = () => Math.floor(Date.now() / 1000);
  const claims = (changes: object = {}) => ({
    ...{ sub: target().victim.id, aud: "authenticated", role: "authenticated", iat: now(), exp: now() + hour },
    ...{ iss: `${target().stack.url}/auth/v1`, is_anonymous: false },
    ...changes,
  });
  const encode = (part: unknown) => base64url.encode(JSON.stringify(part));

  async function publicKey(): Promise<JWK & { kid: string }> {
    const answer = await fetch(`${target().stack.url}/auth/v1/.well-known/jwks.json`);
    return ((await answer.json()) as { keys: (JWK & { kid: string })[] }).keys[0]!;
  }

  /** Forms of the project's key for somebody who signs with it as a shared secret. */
  async function confusedSecrets(): Promise<string[]> {
    const jwk = await publicKey();
    const pem = await exportSPKI((await importJWK(jwk, "ES256", { extractable: true })) as CryptoKey);
    const { kid, kty, crv, x, y } = jwk;
    const spellings = [
      pem,
      pem.trim(),
      `${pem}\n`,
      pem.replace(/-----.*-----|\n/g, ""),
      JSON.stringify(jwk),
      JSON.stringify({ keys: [jwk] }),
    ];
    return [
      ...spellings,
      JSON.stringify({ kty, crv, x, y }),
      JSON.stringify({ crv, kty, x, y }),
      `${x}`,
      `${x}${y}`,
      kid,
      target().stack.publishableKey,
      " ",
    ];
  }

  /** Headers that talk a careless reader into another key or another algorithm. */
  async function headers(): Promise<Record<string, unknown>[]> {
    const { kid } = await publicKey();
    const own = await exportJWK((await generateKeyPair("ES256", { extractable: true })).publicKey);
    const canary = `http://127.0.0.1:${target().canary.port}/jwks.json`;
    const kids = [
      "",
      " ",
      "../../../dev/null",
      "/dev/null",
      "' or '1'='1",
      "0",
      0,
      null,
      true,
      [kid],
      { kid },
      "__proto__",
      "constructor",
      `${kid}\0`,
      kid.toUpperCase(),
      canary,
      "|id",
      "x".repeat(2_000),
    ];
    const algorithms = [
      "none",
      "None",
      "NONE",
      "nOnE",
      "",
      " ",
      "HS256",
      "HS384",
      "HS512",
      "RS256",
      "PS256",
      "ES384",
      "ES512",
      "ES256K",
      "EdDSA",
      "Ed25519",
      "es256",
      "ES256 ",
      null,
      0,
      [],
      ["ES256"],
      {},
      "dir",
      "A128KW",
      "PBES2-HS256+A128KW",
    ];
    return [
      ...kids.map((other) => ({ alg: "ES256", kid: other })),
      ...algorithms.map((alg) => ({ alg, kid })),
      ...["jku", "x5u", "url", "iss"].map((name) => ({ alg: "ES256", kid, [name]: canary })),
      ...[{ jwk: own }, { jwk: { ...own, kid } }, { x5c: ["MIIB"] }, { jwk: { ...own, alg: "none" } }].map((more) => ({
        alg: "ES256",
        kid,
        ...more,
      })),
      ...[
        { crit: ["exp"], exp: 1 },
        { crit: ["b64"], b64: false },
        { crit: [] },
        { crit: "b64" },
        { b64: false },
        { zip: "DEF" },
        { enc: "A256GCM" },
        { typ: "JOSE" },
        { cty: "JWT" },
        { p2c: 2 ** 31 },
      ].map((more) => ({ alg: "ES256", kid, ...more })),
      {},
      { kid },
    ];
  }

  /** Signed by the project itself, and yet not for this: the names of the claims that make it so. */
  const unfit = (): Record<string, unknown>[] => [
    ...[
      "service_role",
      "byok_server",
      "anon",
      "postgres",
      "supabase_admin",
      "",
      null,
      true,
      0,
      ["authenticated"],
      { role: "authenticated" },
      "Authenticated",
      "authenticated ",
    ].map((role) => ({ role })),
    ...["anon", "", null, [], ["other"], "authenticated2", { a: 1 }].map((aud) => ({ aud })),
    ...[
      [target().victim.id],
      { id: target().victim.id },
      0,
      true,
      null,
      "",
      `${target().victim.id} `,
      `{${target().victim.id}}`,
      target().victim.id.replaceAll("-", ""),
      `${target().victim.id}' or true--`,
      `${target().victim.id}\0`,
      `urn:uuid:${target().victim.id}`,
    ].map((sub) => ({ sub })),
    ...[now() - 1, 0, -1, null, `${now() + hour}`, [now() + hour], "never", true].map((exp) => ({ exp })),
    ...[now() + hour, "later", [0], now() + 1e9].map((nbf) => ({ nbf })),
    { iat: "x" },
  ];

  const places: ((token: string) => string)[] = [
    ...["authorization: Bearer ", "x-api-key: ", "x-goog-api-key: ", "api-key: "].map(
      (place) => (token: string) =>
        requestOf("GET", "/byok/call/openai/v1/models", [[place.split(": ")[0]!, place.split(": ")[1]! + token]]),
    ),
    (token) => requestOf("GET", `/byok/call/openai/v1/models?key=${token}`),
    (token) => requestOf("POST", "/byok/verify", [["authorization", `Bearer ${token}`]], '{"provider":"openai"}'),
    (token) =>
      requestOf("POST", "/byok/save", [["authorization", `Bearer ${token}`]], '{"provider":"openai","api_key":""}'),
  ];

  /** Tries a token everywhere, and says where it was not refused as nobody's. */
  async function whereTaken(tokens: readonly string[]): Promise<string[]> {
    sent.tokens += tokens.length;
    const taken: string[] = [];
    for (const [place, write] of places.entries()) {
      await Promise.all(
        tokens.map(async (token, index) => {
          const answer = await exchange(target().doors[0].port, write(token), { patience: 30_000 });
          const fault = target().faultOf(answer);
          const isRefused = answer.headers["x-byok-error"] === "unauthenticated" || isNoRequest(answer);
          if (fault || !isRefused)
            taken.push(`token ${index} in place ${place}: ${answer.status} ${fault ?? ""} ${target().shown(token)}`);
        }),
      );
    }
    return taken;
  }

  test("the attacker's own token is taken in each place, so that a refusal says something", async () => {
    expect(await whereTaken([target().attacker.accessToken])).toHaveLength(places.length);
    // Nor does it go to the provider, from any of them.
    await target().expectUnharmed();
  });

  test("a token whose header talks of another key or algorithm is nobody's, and no address in it is asked", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    const tokens = (await headers()).flatMap((header) => {
      const unsigned = `${encode({ typ: "JWT", ...header })}.${encode(claims())}`;
      return [`${unsigned}.`, unsigned, `${unsigned}.${"A".repeat(86)}`];
    });
    const { kid } = await publicKey();
    tokens.push(
      await new SignJWT(claims())
        .setProtectedHeader({
          alg: "ES256",
          kid,
          jku: `http://127.0.0.1:${target().canary.port}/`,
        } as JWTHeaderParameters)
        .sign(privateKey),
    );
    expect(await whereTaken(tokens)).toEqual([]);
    await target().expectUnharmed();
  });

  test("a token signed with a key of the signer's own, of any kind, is nobody's", async () => {
    const { kid } = await publicKey();
    const tokens: string[] = [];
    for (const alg of ["ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256"]) {
      const { privateKey, publicKey: own } = await generateKeyPair(alg, { extractable: true });
      const jwk = await exportJWK(own);
      for (const header of [{ kid }, {}, { kid: randomUUID() }, { kid, jwk: { ...jwk, kid } }]) {
        tokens.push(
          await new SignJWT(claims()).setProtectedHeader({ alg, ...header } as JWTHeaderParameters).sign(privateKey),
        );
      }
      if (alg === "RS256")
        tokens.push(
          await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claims())))
            .setProtectedHeader({ alg: "RSA-OAEP", enc: "A256GCM" })
            .encrypt((await generateKeyPair("RSA-OAEP")).publicKey),
        );
    }
    expect(await whereTaken(tokens)).toEqual([]);
    await target().expectUnharmed();
  });

  test("a token signed with the project's public key, however it is written, as a shared secret is nobody's", async () => {
    const { kid } = await publicKey();
    const tokens: string[] = [];
    for (const secret of await confusedSecrets()) {
      for (const alg of ["HS256", "HS384", "HS512"]) {
        tokens.push(
          await new SignJWT(claims()).setProtectedHeader({ alg, kid }).sign(new TextEncoder().encode(secret.padEnd(1))),
        );
      }
    }
    expect(await whereTaken(tokens)).toEqual([]);
    await target().expectUnharmed();
  });

  test("a token that the project signed for something else is nobody's", async () => {
    const tokens = await Promise.all(unfit().map((changes) => sign(target().stack, claims(changes) as never)));
    for (const missing of ["sub", "role", "aud", "exp"]) {
      const { [missing as "sub"]: _, ...others } = claims();
      tokens.push(await sign(target().stack, others));
    }
    expect(await whereTaken(tokens)).toEqual([]);
    await target().expectUnharmed();
  });

  test("a token with a byte changed, cut off or put in passes for nobody but whom it was given to", async () => {
    const token = target().attacker.accessToken;
    const [header = "", , signature = ""] = token.split(".");
    const [, victims = ""] = target().victim.accessToken.split(".");
    const byte = fc.integer({ min: 33, max: 255 }).map((code) => String.fromCharCode(code));
    const changed = fc
      .tuple(fc.nat(token.length - 1), fc.nat(3), fc.oneof(byte, fc.constantFrom(".", "..", "=", "%00", "-", "_", "")))
      .map(([at, length, more]) => token.slice(0, at) + more + token.slice(at + length));
    const swapped = [
      [header, victims, signature],
      [header, victims, ""],
      [victims, victims, signature],
      [header, header, signature],
      [header, victims, signature, "x"],
      ["", victims, ""],
      [header, `${victims}=`, signature],
      [header, encode(claims()), signature],
      [header, encode({ ...claims(), sub: [target().victim.id] }), signature],
    ].map((parts) => parts.join("."));
    const forgeries = [...draw(changed), ...swapped];
    sent.tokens += forgeries.length;
    const requests = forgeries.flatMap((forged) =>
      places.slice(0, 5).map((write) => ({ door: target().doors[0], bytes: write(forged) })),
    );
    expect(await target().faultsOf(requests), replay).toEqual([]);
    await target().expectUnharmed();
  });
}
