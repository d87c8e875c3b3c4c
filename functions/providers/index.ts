/** `GET /functions/v1/byok/providers` -> `{providers}`: every provider, those that are offered first, for a page to show. Nobody is asked who they are. */
import { readEnv } from "../_shared/env.ts";
import { listProviders } from "../_shared/providers/list.ts";
import { serve } from "../_shared/request/serve.ts";

const providers = listProviders(readEnv());

export default serve({
  methods: ["GET"],
  handle: () => Promise.resolve(Response.json({ providers })),
});
