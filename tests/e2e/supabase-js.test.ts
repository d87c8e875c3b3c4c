/** An app on supabase-js: reads its own tables, removes a key, and invokes the functions. */
import { FunctionsHttpError } from "@supabase/supabase-js";
import { expect, test } from "vitest";
import { ask, generation, refusalOf, textOfStream } from "../harness/calls.ts";
import { fakeKey, expectOnlyTheKey } from "../harness/fakes.ts";
import { expectBalance, newByokUser, newUser } from "../harness/users.ts";

const headersOf = (operation: string) => ({ "x-byok-operation": operation });

test("supabase-js saves and verifies a key, and reads the credential without anything of the key but its end", async () => {
  const { supabase } = await newUser();
  const apiKey = fakeKey("openai", "works");
  const saved = await supabase.functions.invoke("byok/save", { body: { provider: "openai", api_key: apiKey } });
  expect(saved.error).toBeNull();
  const verified = await supabase.functions.invoke("byok/verify", { body: { provider: "openai" } });
  expect(verified.data).toMatchObject({ verdict: "verified", credential: { id: saved.data.credential.id } });
  const { data } = await supabase.from("credentials").select();
  expect(data).toEqual([
    {
      ...verified.data.credential,
      owner_id: expect.any(String),
      provider: "openai",
      hint: apiKey.slice(-4),
      status: "verified",
      verified_at: expect.stringMatching(/^20\d\d-/),
    },
  ]);
  expect(JSON.stringify([saved, verified, data]).includes(apiKey)).toBe(false);
});

test("supabase-js reads account, ledger and holds of its user, and the prices and models of everyone", async () => {
  const user = await newUser(100);
  const { supabase } = user;
  await (await ask(user, "openai", { operation: "doc_generation" })).text();
  await expectBalance(user, 90);
  const { data: entries } = await supabase.from("entries").select("kind, microcredits, operation").order("id");
  expect(entries).toEqual([
    { kind: "grant", microcredits: 100_000_000, operation: null },
    { kind: "charge", microcredits: 10_000_000, operation: "doc_generation" },
  ]);
  expect((await supabase.from("holds").select()).data).toEqual([]);
  const { data: operations } = await supabase.from("operations").select("name, label").order("name");
  expect(operations).toEqual([
    { name: "doc_generation", label: "Doc generation" },
    { name: "kernel_build", label: "Kernel build" },
    { name: "single_doc_regen", label: "Single doc regen" },
  ]);
  const { data: prices } = await supabase
    .from("prices")
    .select("model, microcredits_per_call")
    .match({ provider: "groq", operation: "kernel_build" })
    .order("model");
  expect(prices).toEqual([
    { model: "openai/gpt-oss-120b", microcredits_per_call: 20_000_000 },
    { model: "openai/gpt-oss-20b", microcredits_per_call: 20_000_000 },
  ]);
});

test("supabase-js removes a key by deleting its credential, and the next call is on credits", async () => {
  const { user } = await newByokUser("openai", { credits: 100 });
  const { supabase } = user;
  const removed = await supabase.from("credentials").delete().eq("provider", "openai").select("provider");
  expect(removed).toMatchObject({ error: null, data: [{ provider: "openai" }] });
  const { path, body } = generation("openai");
  const { data, error } = await supabase.functions.invoke(`byok/call/${path}`, {
    body,
    headers: headersOf("single_doc_regen"),
  });
  expect(error).toBeNull();
  expect(data.choices[0].message.content).toBe("Echo: hello");
  await expectBalance(user, 98);
});

test("supabase-js calls with the user's own key, and nothing of its own headers reaches the provider", async () => {
  const owner = await newByokUser("anthropic");
  const { path, body } = generation("anthropic");
  const headers = { "anthropic-version": "2023-06-01" };
  const { data, error } = await owner.user.supabase.functions.invoke(`byok/call/${path}`, { body, headers });
  expect(error).toBeNull();
  expect(data.content[0].text).toBe("Echo: hello");
  await expectOnlyTheKey("anthropic", owner);
});

test("supabase-js reads a streamed answer from the response it is handed", async () => {
  const { user } = await newByokUser("openai");
  const { path, body } = generation("openai", { stream: true });
  const { data, error } = await user.supabase.functions.invoke(`byok/call/${path}`, { body });
  expect(error).toBeNull();
  expect(data).toBeInstanceOf(Response);
  expect(textOfStream("openai", await data.text())).toBe("Echo: hello");
});

test("supabase-js gets our refusal to save as an error whose context is the answer", async () => {
  const { supabase } = await newUser();
  const body = { provider: "openai", api_key: fakeKey("openai", "rejected") };
  const { data, error } = await supabase.functions.invoke("byok/save", { body });
  expect(data).toBeNull();
  expect(error).toBeInstanceOf(FunctionsHttpError);
  expect(error.context.status).toBe(422);
  expect((await error.context.json()).error).toEqual({
    code: "api_key_rejected",
    message: "OpenAI refuses this API key.",
    verdict: "rejected",
  });
});

test("supabase-js gets our refusal of a call as an error with its code in a header", async () => {
  const { supabase } = await newUser(1);
  const { path, body } = generation("google");
  const { error } = await supabase.functions.invoke(`byok/call/${path}`, { body, headers: headersOf("kernel_build") });
  expect(error).toBeInstanceOf(FunctionsHttpError);
  expect(error.context.status).toBe(402);
  expect(refusalOf(error.context)).toBe("insufficient_credits");
});

test("supabase-js without a session is nobody to the functions", async () => {
  const { supabase } = await newUser();
  await supabase.auth.signOut();
  for (const slug of ["save", "verify", "call/openai/v1/models"]) {
    const { error } = await supabase.functions.invoke(`byok/${slug}`, { body: {} });
    expect(error.context.status).toBe(401);
  }
});
