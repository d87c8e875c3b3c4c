import type { Guard } from "./mutants.ts";

const envelope = { file: "functions/_shared/crypto/envelope.ts", test: "tests/unit/crypto/envelope.test.ts" };
const keyring = { file: "functions/_shared/crypto/keyring.ts", test: "tests/unit/crypto/keyring.test.ts" };

const hpke = { file: "functions/_shared/crypto/hpke.ts", test: "tests/unit/crypto/hpke.test.ts" };
const sealed = { file: "functions/_shared/crypto/sealed-key.ts", test: "tests/unit/keys/unsealing.test.ts" };
const unsealing = { file: "functions/_shared/keys/unsealing.ts", test: "tests/unit/keys/unsealing.test.ts" };

export const envelopeGuards: readonly Guard[] = [
  {
    ...hpke,
    name: "A sealed message is bound to its info",
    guard: 'await extract(suite, none, "info_hash", info)',
    instead: 'await extract(suite, none, "info_hash", none)',
  },
  {
    ...sealed,
    name: "A sealed key is bound to its user",
    guard: "userId.toLowerCase(), provider, String(kid)",
    instead: '"", provider, String(kid)',
  },
  {
    ...sealed,
    name: "A sealed key is bound to its provider",
    guard: "userId.toLowerCase(), provider, String(kid)",
    instead: 'userId.toLowerCase(), "", String(kid)',
  },
  {
    ...sealed,
    name: "A sealed key is bound to its time",
    guard: "String(issued_at_ms)];",
    instead: '"0"];',
  },
  {
    ...sealed,
    name: "A sealed key has one seal, however it is spelled",
    guard: "seal: encode(message.enc)",
    instead: "seal: enc",
  },
  {
    ...sealed,
    name: "A sealed key does not tell the length of the key",
    guard: "const block_bytes = 256;",
    instead: "const block_bytes = 1;",
  },
  {
    ...unsealing,
    name: "A sealed key opens for five minutes",
    guard: " || age_ms > life_ms",
    instead: "",
  },
  {
    ...unsealing,
    name: "A sealed key is not made for later",
    guard: "age_ms < -skew_ms || ",
    instead: "",
  },
  {
    file: "sql/32_limits.sql",
    test: "tests/sql/attempts.sql",
    name: "A sealed key passes once",
    guard: "    if not found then\n      raise sqlstate 'PT400' using message = 'sealed_key_refused',",
    instead: "    if false then\n      raise sqlstate 'PT400' using message = 'sealed_key_refused',",
  },
  {
    file: "functions/_shared/keys/credentials.ts",
    test: "tests/e2e/keys/sealed-keys.test.ts",
    name: "A seal is counted with its attempt",
    guard: "countAttempt(userId, received.seal)",
    instead: "countAttempt(userId, null)",
  },
  {
    file: "client/byok.ts",
    test: "tests/e2e/keys/sealed-keys.test.ts",
    name: "The client sends a key sealed",
    guard: "{ body: { provider, sealed_api_key: sealed } }",
    instead: "{ body: { provider, api_key: apiKey } }",
  },
  {
    ...envelope,
    name: "An envelope has just its size",
    guard: "if (binary.length !== layout.total) throw unreadable();",
    instead: "",
  },
  {
    ...envelope,
    name: "What was derived is recalled for the same envelope alone",
    guard: "String.fromCharCode(...context, ...random)",
    instead: "String.fromCharCode(...context)",
  },
  {
    ...envelope,
    name: "What was derived is forgotten after five minutes",
    guard: "maxAge_ms: 5 * 60_000",
    instead: "maxAge_ms: Infinity",
  },
  {
    ...envelope,
    name: "The suite of an envelope is checked",
    guard: "if (envelope[layout.suite] !== suite) throw unreadable();",
    instead: "",
  },
  {
    ...envelope,
    name: "The commitment is compared",
    guard: "if (!equalInConstantTime(derived.commitment, envelope.subarray(layout.commitment, layout.ciphertext)))",
    instead: "if (derived.commitment.length === 0)",
  },
  {
    ...envelope,
    name: "All bytes of the commitment are compared",
    guard: "for (let index = 0; index < left.length; index++)",
    instead: "for (let index = 0; index < 16; index++)",
  },
  {
    ...envelope,
    name: "The commitment is another one for each envelope's random bytes",
    guard: "info: concat(context, random, [info]),",
    instead: "info: concat(context, [info]),",
  },
  {
    ...envelope,
    name: "Key and commitment are derived apart",
    guard: "const purpose = { encryption: 1, commitment: 2 };",
    instead: "const purpose = { encryption: 1, commitment: 1 };",
  },
  {
    ...envelope,
    name: "The header and the context are authenticated",
    guard: "additionalData: concat(envelope.subarray(0, layout.ciphertext), context),",
    instead: "additionalData: new Uint8Array(0),",
  },
  {
    ...envelope,
    name: "An envelope is bound to its user",
    guard: "encodeUuid(userId), encodeUuid(credentialId)",
    instead: "encodeUuid(credentialId), encodeUuid(credentialId)",
  },
  {
    ...envelope,
    name: "An envelope is bound to its credential",
    guard: "encodeUuid(userId), encodeUuid(credentialId)",
    instead: "encodeUuid(userId), encodeUuid(userId)",
  },
  {
    ...envelope,
    name: "An envelope is bound to its provider",
    guard: "encodeUuid(credentialId), [providerNumber]);",
    instead: "encodeUuid(credentialId), [1]);",
  },
  {
    ...envelope,
    name: "Each seal is random",
    guard: "crypto.getRandomValues(envelope.subarray(layout.random, layout.commitment));",
    instead: "",
  },
  {
    ...envelope,
    name: "The tag has 128 bits",
    guard: "tagLength: 128,",
    instead: "tagLength: 96,",
  },
  {
    ...envelope,
    name: "The padding is all zero",
    guard: "if (plaintext.subarray(2 + length).some((byte) => byte !== 0)) throw unreadable();",
    instead: "",
  },
  {
    ...envelope,
    name: "The length inside is possible",
    guard: "if (length < 1 || length > maxApiKey_bytes) throw unreadable();",
    instead: "",
  },
  {
    ...envelope,
    name: "A key that would not fit is refused",
    guard: "encoded.length < 1 || encoded.length > maxApiKey_bytes",
    instead: "encoded.length < 1",
  },
  {
    ...envelope,
    name: "What is opened is strict UTF-8",
    guard: "{ fatal: true, ignoreBOM: true }",
    instead: "{ ignoreBOM: true }",
  },
  {
    ...envelope,
    name: "Every failure to open is the same error",
    guard: "if (!masterKey) throw unreadable();",
    instead: 'if (!masterKey) return "";',
  },
  {
    ...keyring,
    name: "A master key has exactly 32 bytes",
    guard: "if (bytes?.length !== masterKey_bytes)",
    instead: "if (!bytes)",
  },
  {
    ...keyring,
    name: "The primary key is in the ring",
    guard: "if (!masterKeys.has(primary))",
    instead: "if (false)",
  },
  {
    ...keyring,
    name: "A published example is no master key",
    guard: "if (await isPublishedKey(bytes)) throw",
    instead: "if (false) throw",
  },
  ...[
    ["in the list", " || published.has(await sha256(bytes))"],
    ["of few different bytes", "new Set(bytes).size < half ||"],
    ["that counts", "bytes.every((byte, index) => index === 0 || ((byte - bytes[index - 1]! - step) & 0xff) === 0) ||"],
  ].map(([which, guard]) => ({
    ...keyring,
    name: `A key ${which} is a published example`,
    file: "functions/_shared/crypto/published-keys.ts",
    guard: guard!,
    instead: "",
  })),
  {
    ...keyring,
    name: "A key that repeats is a published example",
    file: "functions/_shared/crypto/published-keys.ts",
    guard: "byte === bytes[index % period]",
    instead: "byte === bytes[index % period] && period === 0",
  },
  {
    ...keyring,
    name: "A text is no master key",
    file: "functions/_shared/crypto/published-keys.ts",
    guard: "bytes.subarray(0, textLength).every(isText)",
    instead: "false",
  },
  {
    ...keyring,
    name: "A kid is a u32",
    guard: "|| Number(id) > maxKid",
    instead: "",
  },
  {
    ...keyring,
    name: "A refused ring is not quoted",
    guard: "is not the base64 of exactly ${masterKey_bytes} bytes`",
    instead: "is not the base64 of exactly ${masterKey_bytes} bytes: ${encoded}`",
  },
  {
    name: "Nothing but WebCrypto is imported in the crypto path",
    file: "functions/_shared/crypto/envelope.ts",
    guard: 'import { ByokError } from "../errors.ts";',
    instead: 'import "zod";\nimport { ByokError } from "../errors.ts";',
    test: "tests/rules/imports.test.ts",
  },
];
