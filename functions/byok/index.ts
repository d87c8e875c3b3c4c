/** The Edge Function of BYOK. This file is yours: hooks go here. An update replaces the module beside it, and keeps your edits here. */
import { serveByok } from "./byok.ts";

export default serveByok({
  // Runs before an API key is checked with its provider. Verify a captcha here, for example, and refuse with a code and a sentence:
  //
  // async beforeKeyCheck({ request, userId, provider, owner }) {
  //   const isHuman = await verifyCaptcha(request.headers.get("x-captcha-token"));
  //   if (!isHuman) return { code: "captcha_failed", message: "Solve the captcha, and try again." };
  // },
});
