/**
 * The Edge Function that a first draft would be: a client for each request, the user asked of Auth, the key read from a table by
 * the secret key, the answer buffered and the use written down before it is passed on.
 */
import process from "node:process";
import { createClient } from "@supabase/supabase-js";

const { SUPABASE_URL = "", SUPABASE_SECRET_KEYS = "{}", NAIVE_KEY = "", NAIVE_ORIGIN = "" } = process.env;
const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

export default {
  async fetch(request: Request): Promise<Response> {
    const admin = createClient(SUPABASE_URL, JSON.parse(SUPABASE_SECRET_KEYS).default, {
      auth: { persistSession: false },
    });
    const token = request.headers.get("authorization")?.replace("Bearer ", "");
    const { data: auth } = await admin.auth.getUser(token);
    if (!auth.user) return new Response(null, { status: 401 });
    const { data: row } = await admin.from("naive_keys").select("iv, sealed").eq("user_id", auth.user.id).single();
    if (!row) return new Response(null, { status: 404 });
    const key = await crypto.subtle.importKey("raw", bytesOf(NAIVE_KEY), "AES-GCM", false, ["decrypt"]);
    const apiKey = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytesOf(row.iv) }, key, bytesOf(row.sealed));
    const path = new URL(request.url).pathname.replace("/naive/openai", "");
    const answer = await fetch(NAIVE_ORIGIN + path, {
      method: request.method,
      headers: { authorization: `Bearer ${new TextDecoder().decode(apiKey)}`, "content-type": "application/json" },
      body: await request.text(),
    });
    const text = await answer.text();
    await admin.from("naive_calls").insert({ user_id: auth.user.id, path });
    return new Response(text, { status: answer.status, headers: { "content-type": "application/json" } });
  },
};
