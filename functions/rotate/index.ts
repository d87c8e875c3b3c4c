/**
 * `/functions/v1/byok/rotate`, for the operator with the project's secret key in `apikey`: `GET` counts the envelopes under each kid,
 * `POST {kid, primary, after, limit, dry_run}` re-encrypts a batch of them. `npm run rotate` drives it. No key comes in or goes out.
 */
import { services } from "../_shared/isolate.ts";
import * as z from "zod/mini";
import { readJsonObject } from "../_shared/request/body.ts";
import { requireSecretKey } from "../_shared/request/identity.ts";
import { rewrapBatch, countByKid } from "../_shared/keys/rotation.ts";
import { serve } from "../_shared/request/serve.ts";
import { maxBody_bytes, parse } from "../_shared/request/validation.ts";

const kid = z.int().check(z.minimum(0), z.maximum(0xffff_ffff));
const Body = z.strictObject({
  kid,
  primary: kid,
  after: z._default(z.nullable(z.uuid()), null),
  limit: z._default(z.int().check(z.minimum(1), z.maximum(500)), 200),
  dry_run: z._default(z.boolean(), false),
});

export default serve({
  methods: ["GET", "POST"],
  async handle(request) {
    await requireSecretKey(request);
    if (request.method === "GET") return Response.json(await countByKid(services));
    const { dry_run, ...batch } = parse(Body, await readJsonObject(request, maxBody_bytes));
    return Response.json(await rewrapBatch(services, { ...batch, isDryRun: dry_run }));
  },
});
