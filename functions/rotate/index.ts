/**
 * `/functions/v1/rotate`, for the operator with the project's secret key in `apikey`: `GET` counts the envelopes under each kid,
 * `POST {kid, primary, after, limit, dry_run}` seals a batch of them anew. `npm run rotate` drives it. No key comes in or goes out.
 */
import { z } from "zod";
import { readJsonObject } from "../_shared/body.ts";
import { requireSecretKey } from "../_shared/identity.ts";
import { rewrapBatch, takeCensus } from "../_shared/rotation.ts";
import { serve } from "../_shared/serve.ts";
import { openServices } from "../_shared/services.ts";
import { maxBodyBytes, parse } from "../_shared/validation.ts";

const services = await openServices();
const kid = z.int().min(0).max(0xffff_ffff);
const Body = z.strictObject({
  kid,
  primary: kid,
  after: z.uuid().nullable().default(null),
  limit: z.int().min(1).max(500).default(200),
  dry_run: z.boolean().default(false),
});

export default serve({
  methods: ["GET", "POST"],
  async handle(request) {
    await requireSecretKey(request);
    if (request.method === "GET") return Response.json(await takeCensus(services));
    const { dry_run, ...batch } = parse(Body, await readJsonObject(request, maxBodyBytes));
    return Response.json(await rewrapBatch(services, { ...batch, isDryRun: dry_run }));
  },
});
