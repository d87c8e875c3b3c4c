/**
 * `POST /functions/v1/byok/save {provider, place, sealed_api_key}` or `{provider, place, api_key}` -> `{credential, verdict}`: checks, seals
 * and saves an API key of the user, or of the team in the header `x-byok-team`. Most providers have no place. `{provider, code,
 * code_verifier}`: the same with a key that the provider makes for the code. `GET` -> the public key to seal a key to (`SealingKey`),
 * which needs no token.
 */
import { services as ofIsolate } from "../_shared/isolate.ts";
import * as z from "zod/mini";
import { withChecks } from "../_shared/keys/checks.ts";
import { ByokError } from "../_shared/errors.ts";
import { askBeforeKeyCheck } from "../_shared/hooks.ts";
import { readJsonObject } from "../_shared/request/body.ts";
import { connectKey } from "../_shared/keys/connecting.ts";
import { saveKey } from "../_shared/keys/credentials.ts";
import { sealingKey, unseal } from "../_shared/keys/unsealing.ts";
import { identifyUser } from "../_shared/request/identity.ts";
import { providerIds, providers } from "../_shared/providers/index.ts";
import { requirePlace } from "../_shared/providers/places.ts";
import { serve } from "../_shared/request/serve.ts";
import { teamOf } from "../_shared/request/team.ts";
import { maxBody_bytes, parse } from "../_shared/request/validation.ts";

const services = withChecks(ofIsolate);

const base64 = z.string().check(z.regex(/^[A-Za-z0-9+/]+={0,2}$/));
const Body = z.strictObject({
  provider: z.enum(providerIds),
  place: z.optional(z.string()),
  sealed_api_key: z.optional(z.strictObject({ kid: z.int(), issued_at_ms: z.int(), enc: base64, ciphertext: base64 })),
  api_key: z.optional(z.string()),
  code: z.optional(z.string().check(z.regex(/^[\x21-\x7e]{1,512}$/))),
  // RFC 7636, section 4.1.
  code_verifier: z.optional(z.string().check(z.regex(/^[\w.~-]{43,128}$/))),
});

export default serve({
  methods: ["GET", "POST"],
  async handle(request) {
    if (request.method === "GET") return Response.json(await sealingKey(services.keyring));
    const { userId } = await identifyUser(request, services.database);
    const holder = { userId, teamId: teamOf(request) };
    const { provider, sealed_api_key, api_key, code, code_verifier, ...given } = parse(
      Body,
      await readJsonObject(request, maxBody_bytes),
    );
    services.requireOffered(provider);
    const ways = [sealed_api_key, api_key, code].filter((way) => way !== undefined);
    if (ways.length !== 1 || (code === undefined) !== (code_verifier === undefined)) {
      throw new ByokError("invalid_request", {
        message: "The request holds an API key once, sealed or not, or a code and its verifier.",
        details: { field: "api_key" },
      });
    }
    const place = requirePlace(providers[provider], given.place);
    await askBeforeKeyCheck(request, holder, provider);
    if (code !== undefined && code_verifier !== undefined) {
      return Response.json(await connectKey(services, holder, provider, { code, codeVerifier: code_verifier }));
    }
    const received = sealed_api_key
      ? await unseal(services.keyring, { userId, provider, place: given.place ?? null }, sealed_api_key)
      : { apiKey: api_key!, seal: null };
    return Response.json(await saveKey(services, holder, provider, { ...received, place }));
  },
});
