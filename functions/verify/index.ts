/** `POST /functions/v1/byok/verify {provider}` -> `{credential, verdict}`: checks the saved API key once more, of the user or of the team in the header `x-byok-team`. */
import { services } from "../_shared/isolate.ts";
import * as z from "zod/mini";
import { readJsonObject } from "../_shared/request/body.ts";
import { checkSavedKey } from "../_shared/keys/credentials.ts";
import { identifyUser } from "../_shared/request/identity.ts";
import { providerIds } from "../_shared/providers/index.ts";
import { serve } from "../_shared/request/serve.ts";
import { teamOf } from "../_shared/request/team.ts";
import { maxBody_bytes, parse } from "../_shared/request/validation.ts";

const Body = z.strictObject({ provider: z.enum(providerIds) });

export default serve({
  methods: ["POST"],
  async handle(request) {
    const caller = await identifyUser(request, services.database);
    const body = parse(Body, await readJsonObject(request, maxBody_bytes));
    services.requireOffered(body.provider);
    return Response.json(
      await checkSavedKey(services, { userId: caller.userId, teamId: teamOf(request) }, body.provider),
    );
  },
});
