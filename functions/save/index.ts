/**
 * `POST /functions/v1/save {provider, place, sealed_api_key}` or `{provider, place, api_key}` -> `{credential, verdict}`: checks, seals
 * and saves an API key; most providers have no place. `GET` -> the public key to seal it to (`SealingKey`), which needs no token.
 */
import * as z from "zod/mini";
import { ByokError } from "../_shared/errors.ts";
import { readJsonObject } from "../_shared/request/body.ts";
import { saveKey } from "../_shared/keys/credentials.ts";
import { sealingKey, unseal } from "../_shared/keys/unsealing.ts";
import { identifyUser } from "../_shared/request/identity.ts";
import { providerIds, providers } from "../_shared/providers/index.ts";
import { requirePlace } from "../_shared/providers/places.ts";
import { serve } from "../_shared/request/serve.ts";
import { openServices } from "../_shared/services.ts";
import { maxBody_bytes, parse } from "../_shared/request/validation.ts";

const services = await openServices();
const base64 = z.string().check(z.regex(/^[A-Za-z0-9+/]+={0,2}$/));
const Body = z.strictObject({
  provider: z.enum(providerIds),
  place: z.optional(z.string()),
  sealed_api_key: z.optional(z.strictObject({ kid: z.int(), issued_at_ms: z.int(), enc: base64, ciphertext: base64 })),
  api_key: z.optional(z.string()),
});

export default serve({
  methods: ["GET", "POST"],
  async handle(request) {
    if (request.method === "GET") return Response.json(await sealingKey(services.keyring));
    const { userId } = await identifyUser(request, services.database);
    // Verify a captcha token here, before a provider is asked: see "Limits against strangers" in docs/operate.md.
    const { provider, sealed_api_key, api_key, ...given } = parse(Body, await readJsonObject(request, maxBody_bytes));
    services.requireOffered(provider);
    const place = requirePlace(providers[provider], given.place);
    if ((sealed_api_key === undefined) === (api_key === undefined)) {
      throw new ByokError("invalid_request", {
        message: "The request holds an API key once, sealed or not.",
        details: { field: "api_key" },
      });
    }
    const received = sealed_api_key
      ? await unseal(services.keyring, { userId, provider, place: given.place ?? null }, sealed_api_key)
      : { apiKey: api_key!, seal: null };
    return Response.json(await saveKey(services, userId, provider, { ...received, place }));
  },
});
