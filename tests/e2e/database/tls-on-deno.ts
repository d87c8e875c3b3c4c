/** `deno run tls-on-deno.ts <url> <PEM>`: asks one question over TLS, and prints its answer or the code of its refusal. */
import { direct } from "../../../functions/_shared/database/direct.ts";

declare const Deno: { args: string[]; exit(): never };

const [url = "", ca = ""] = Deno.args;
const database = direct({ url, tls: ca ? { ca } : {} });
const answer = await database.isClientAccepted("a-client").catch((error: { code: string }) => error.code);
console.log(JSON.stringify(answer));
Deno.exit();
