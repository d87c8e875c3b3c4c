/** `POST /functions/v1/save {provider, api_key}` -> `{credential, verdict}`: checks, seals and saves an API key. */
import * as z from "zod/mini";
import { readJsonObject } from "../_shared/request/body.ts";
import { saveKey } from "../_shared/keys/credentials.ts";
import { identifyUser } from "../_shared/request/identity.ts";
import { providerIds } from "../_shared/providers/index.ts";
import { serve } from "../_shared/request/serve.ts";
import { openServices } from "../_shared/services.ts";
import { maxBody_bytes, parse } from "../_shared/request/validation.ts";

const services = await openServices();
const Body = z.strictObject({ provider: z.enum(providerIds), api_key: z.string() });

export default serve({
  methods: ["POST"],
  async handle(request) {
    const caller = await identifyUser(request, services.database);
    // Verify a captcha token here, before a provider is asked: see "Limits against strangers" in docs/operate.md.
    const body = parse(Body, await readJsonObject(request, maxBody_bytes));
    return Response.json(await saveKey(services, caller.userId, body.provider, body.api_key));
  },
});
