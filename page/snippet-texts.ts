/** The same call in each client's words, with this project's address in it. `supabase` is the app's own client. */
import type { Byok, Endpoint, Result } from "../client/index.ts";
import { modelOf } from "./generation.ts";

export interface Snippet {
  readonly name: string;
  readonly text: string;
}

const operation = `"x-byok-operation": "doc_generation"`;
const messages = `messages: [{ role: "user", content: "Hello" }]`;
const session = `const { data } = await supabase.auth.getSession();`;

export async function readSnippets(byok: Byok): Promise<Result<readonly Snippet[]>> {
  const ids = ["openai", "anthropic", "google", "groq"] as const;
  const endpoints = await Promise.all(ids.map((provider) => byok.endpoint(provider)));
  const failed = endpoints.find(({ error }) => error);
  if (failed?.error) return failed;
  const [openai, anthropic, google, groq] = endpoints.map(({ data }) => data);
  return { data: snippetTexts(openai, anthropic, google, groq), error: null };
}

type MaybeEndpoint = Endpoint | null | undefined;

function snippetTexts(
  openai: MaybeEndpoint,
  anthropic: MaybeEndpoint,
  google: MaybeEndpoint,
  groq: MaybeEndpoint,
): readonly Snippet[] {
  return [
    {
      name: "supabase-js",
      text: `
const { data, error } = await supabase.functions.invoke(
  "call/openai/v1/chat/completions",
  {
    headers: { ${operation} },
    body: {
      model: "${modelOf("openai")}",
      ${messages},
    },
  },
);
console.log(error ?? data.choices[0].message.content);`,
    },
    {
      name: "openai",
      text: `
import OpenAI from "openai";

${session}
const openai = new OpenAI({
  baseURL: "${openai?.sdk}",
  apiKey: data.session.access_token,
  defaultHeaders: { ${operation} },
  dangerouslyAllowBrowser: true, // the token is the user's own
});
const answer = await openai.chat.completions.create({
  model: "${modelOf("openai")}",
  ${messages},
});
console.log(answer.choices[0].message.content);`,
    },
    {
      name: "anthropic",
      text: `
import Anthropic from "@anthropic-ai/sdk";

${session}
const anthropic = new Anthropic({
  baseURL: "${anthropic?.sdk}",
  apiKey: data.session.access_token,
  defaultHeaders: { ${operation} },
  dangerouslyAllowBrowser: true, // the token is the user's own
});
const answer = await anthropic.messages.create({
  model: "${modelOf("anthropic")}",
  max_tokens: 1024,
  ${messages},
});
console.log(answer.content[0].text);`,
    },
    {
      name: "google",
      text: `
import { GoogleGenAI } from "@google/genai";

${session}
const google = new GoogleGenAI({
  apiKey: data.session.access_token,
  httpOptions: {
    baseUrl: "${google?.sdk}",
    headers: { ${operation} },
  },
});
const answer = await google.models.generateContent({
  model: "${modelOf("google")}",
  contents: "Hello",
});
console.log(answer.text);`,
    },
    {
      name: "groq",
      text: `
import Groq from "groq-sdk";

${session}
const groq = new Groq({
  baseURL: "${groq?.sdk}",
  apiKey: data.session.access_token,
  defaultHeaders: { ${operation} },
  dangerouslyAllowBrowser: true, // the token is the user's own
});
const answer = await groq.chat.completions.create({
  model: "${modelOf("groq")}",
  ${messages},
});
console.log(answer.choices[0].message.content);`,
    },
    {
      name: "curl",
      text: `
curl "${openai?.sdk}/chat/completions" \\
  -H "authorization: Bearer $ACCESS_TOKEN" \\
  -H "content-type: application/json" \\
  -H "x-byok-operation: doc_generation" \\
  -d '{"model":"${modelOf("openai")}","messages":[{"role":"user","content":"Hello"}]}'`,
    },
  ].map(({ name, text }) => ({ name, text: text.trim() }));
}
