import { uuidPattern } from "../../../functions/_shared/request/validation.ts";
import { CommandError, defineCommand, exitCodes, misused } from "../../lib/command.ts";
import { jsonOption, stateOption } from "../../lib/options.ts";
import { readProject } from "../../lib/project.ts";
import { typed } from "../../lib/typed.ts";

export const keysCheck = defineCommand({
  usage: "<user> <provider>",
  details: `<user> is a user id. It asks the function verify, as a backend job may for any user; the check counts for nobody. The project is
the one at SUPABASE_URL, with its secret key in SUPABASE_SECRET_KEY; without them, the stack that ${typed("start")} runs. It fails if the key
does not work.`,
  operands: ["user", "provider"],
  options: {
    endpoint: {
      type: "string",
      default: "byok/verify",
      value: "<path>",
      summary: "of the endpoint, below functions/v1; byok/verify when absent",
    },
    json: jsonOption,
    state: stateOption,
  },
  async run({ options, operands: { user, provider } }) {
    if (!uuidPattern.test(user)) {
      throw misused(
        "keys check takes the id of a user.",
        `It stands in the output of ${typed("credits show <address>")}.`,
      );
    }
    const { url, secretKey } = readProject(options.state);
    const answer = await fetch(`${url}/functions/v1/${options.endpoint}`, {
      method: "POST",
      headers: { apikey: secretKey, "x-byok-user": user, "content-type": "application/json" },
      // fetch would take the secret key along, to whatever host.
      redirect: "manual",
      body: JSON.stringify({ provider }),
    }).catch(() => {
      throw new CommandError("The project cannot be reached.");
    });
    const body: any = await answer.json().catch(() => undefined);
    const verdict = answer.ok ? body?.verdict : body?.error?.verdict;
    if (!verdict) throw new CommandError(body?.error?.message ?? `The function verify answers ${answer.status}.`);
    const found = { verdict, reason: (answer.ok ? body.reason : body.error.reason) ?? null };
    console.log(options.json ? JSON.stringify(found) : [found.verdict, found.reason].filter(Boolean).join(", "));
    return answer.ok ? exitCodes.done : exitCodes.failed;
  },
});
