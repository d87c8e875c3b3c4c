/** An app's own page, served from another origin than the stack, as a dev server does. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { createClient } from "@supabase/supabase-js";
import { expect } from "vitest";
import { newByokUser, stack } from "../harness/users.ts";
import { test as base } from "./browser.ts";

const library = path.join(
  path.dirname(createRequire(import.meta.url).resolve("@supabase/supabase-js/package.json")),
  "dist/umd/supabase.js",
);

/** The origin of a page that holds supabase-js and nothing else. */
const test = base.extend("origin", async ({}, { onCleanup }) => {
  const server = createServer((request, response) => {
    if (request.url === "/supabase.js") return response.end(readFileSync(library));
    response.setHeader("content-type", "text/html");
    response.end('<link rel="icon" href="data:,"><script src="/supabase.js"></script>');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onCleanup(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return `http://localhost:${(server.address() as AddressInfo).port}`;
});

declare const supabase: { createClient: typeof createClient };

test("a page at another origin signs in, reads and changes schema byok, and invokes the function", async ({
  browser,
  origin,
}) => {
  const { user } = await newByokUser("openai", { behaviour: "works" });
  const { data } = await user.supabase.auth.getSession();
  const context = await browser.newContext();
  const problems: string[] = [];
  context.on("console", (message) => problems.push(message.text()));
  const page = await context.newPage();
  await page.goto(origin);
  const facts = {
    url: stack.url,
    key: stack.publishableKey,
    session: data.session!,
    email: `${crypto.randomUUID()}@example.com`,
  };
  const seen = await page.evaluate(async ({ url, key, session, email }) => {
    const client = supabase.createClient(url, key, { db: { schema: "byok" } } as never);
    const signedUp = await client.auth.signUp({ email, password: "password-1" });
    await client.auth.setSession(session);
    const listed = await client.from("credentials").select("provider", { count: "exact" });
    const paused = await client
      .from("credentials")
      .update({ is_paused: true })
      .eq("provider", "openai")
      .select("is_paused");
    const rights = await client.rpc("read_rights");
    const providers = await client.functions.invoke("byok/providers", { method: "GET" });
    return {
      signUp: signedUp.error?.message ?? null,
      ...{ listed: listed.data, count: listed.count, paused: paused.data, rights: rights.data },
      providers: providers.data.providers.length > 3,
    };
  }, facts);
  await context.close();
  expect(seen).toEqual({
    signUp: null,
    listed: [{ provider: "openai" }],
    count: 1,
    paused: [{ is_paused: true }],
    rights: [{ may_bring_key: true, may_use_credits: true, may_manage_keys: true, is_member: true }],
    providers: true,
  });
  expect(problems.filter((text) => /CORS|blocked/i.test(text))).toEqual([]);
});
