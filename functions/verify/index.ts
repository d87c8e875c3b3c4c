/**
 * `POST /functions/v1/byok/verify {provider}` -> `{credential, verdict}`: checks the saved API key once more, of the user or of the team in
 * the header `x-byok-team`. A backend job with the project's secret key in `apikey` names the user in `x-byok-user`.
 */
import { services as ofIsolate } from "../_shared/isolate.ts";
import * as z from "zod/mini";
import { withChecks } from "../_shared/keys/checks.ts";
import { askBeforeKeyCheck } from "../_shared/hooks.ts";
import { readJsonObject } from "../_shared/request/body.ts";
import { checkSavedKey } from "../_shared/keys/credentials.ts";
import { identifyBackend, identifyUser } from "../_shared/request/identity.ts";
import { providerIds } from "../_shared/providers/called.ts";
import { serve } from "../_shared/request/serve.ts";
import { teamOf } from "../_shared/request/team.ts";
import { maxBody_bytes, parse } from "../_shared/request/validation.ts";

const services = withChecks(ofIsolate);

const Body = z.strictObject({ provider: z.enum(providerIds) });

export default serve({
  methods: ["POST"],
  async handle(request) {
    const backend = await identifyBackend(request);
    const { userId } = backend ?? (await identifyUser(request, services.database));
    const body = parse(Body, await readJsonObject(request, maxBody_bytes));
    services.requireOffered(body.provider);
    const holder = { userId, teamId: teamOf(request), isBackend: backend !== null };
    if (!backend) await askBeforeKeyCheck(request, holder, body.provider);
    return Response.json(await checkSavedKey(services, holder, body.provider));
  },
});
