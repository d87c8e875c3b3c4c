/**
 * `POST /functions/v1/byok/recheck {limit, older_than_hours}` -> `{checked, changed}`, for a schedule with the project's secret key in
 * `apikey`: checks the saved API keys that were checked longest ago. No key comes in or goes out.
 */
import { services as ofIsolate } from "../_shared/isolate.ts";
import * as z from "zod/mini";
import { withChecks } from "../_shared/keys/checks.ts";
import { recheckDue } from "../_shared/keys/recheck.ts";
import { readJsonObject } from "../_shared/request/body.ts";
import { requireSecretKey } from "../_shared/request/identity.ts";
import { serve } from "../_shared/request/serve.ts";
import { maxBody_bytes, parse } from "../_shared/request/validation.ts";

const services = withChecks(ofIsolate);

const Body = z.strictObject({
  limit: z._default(z.int().check(z.minimum(1), z.maximum(50)), 20),
  older_than_hours: z._default(z.int().check(z.minimum(1), z.maximum(8760)), 168),
});

export default serve({
  methods: ["POST"],
  async handle(request) {
    await requireSecretKey(request);
    const { limit, older_than_hours } = parse(Body, await readJsonObject(request, maxBody_bytes));
    return Response.json(await recheckDue(services, { limit, olderThan_hours: older_than_hours }));
  },
});
