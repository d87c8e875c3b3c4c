/** The call that is chosen beside it, as code that runs as it is copied: for each place that code runs at, and each provider's SDK. */
import { catalogue, type ProviderId } from "../catalogue/index.ts";
import type { Dialect } from "../catalogue/types.ts";
import type { Endpoint } from "../client/index.ts";
import { wholeGeneration } from "./generation.ts";

/** Facts of the project that code needs; all of them public, but for the user's id, which is the user's own. */
export interface Project {
  readonly url: string;
  readonly publishableKey: string;
  readonly userId: string;
}

export interface Call extends Project {
  readonly provider: ProviderId;
  readonly operation: string;
  readonly model: string;
  readonly endpoint: Endpoint;
}

interface Sdk {
  readonly importLine: string;
  /** The client, with its key and headers as code. */
  client(baseUrl: string, apiKey: string, headers: string, isBrowser: boolean): string;
  /** The call, and the answer's text. */
  call(model: string): string;
}

const browserFlag = "\n  dangerouslyAllowBrowser: true, // the token is the user's own";

/** OpenAI's SDK, and those made from the same template. */
const stainless = (name: string, module: string, variable: string, call: Sdk["call"]): Sdk => ({
  importLine: `import ${name} from "${module}";`,
  client: (baseUrl, apiKey, headers, isBrowser) => `const ${variable} = new ${name}({
  baseURL: "${baseUrl}",
  apiKey: ${apiKey},
  defaultHeaders: ${headers},${isBrowser ? browserFlag : ""}
});`,
  call,
});

const chat = (variable: string) => (model: string) => `const answer = await ${variable}.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`;

const groqSdk = stainless("Groq", "groq-sdk", "groq", chat("groq"));

const sdks: Readonly<Record<Dialect, Sdk>> = {
  openai: stainless("OpenAI", "openai", "openai", chat("openai")),
  anthropic: stainless(
    "Anthropic",
    "@anthropic-ai/sdk",
    "anthropic",
    (model) => `const answer = await anthropic.messages.create({
  model: "${model}",
  max_tokens: 1024,
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.content[0].text);`,
  ),
  google: {
    importLine: `import { GoogleGenAI } from "@google/genai";`,
    client: (baseUrl, apiKey, headers) => `const google = new GoogleGenAI({
  apiKey: ${apiKey},
  httpOptions: {
    baseUrl: "${baseUrl}",
    headers: ${headers},
  },
});`,
    call: (model) => `const answer = await google.models.generateContent({
  model: "${model}",
  contents: "Hello",
});
console.log(answer.text);`,
  },
};

function sdkOf(provider: ProviderId): Sdk {
  return provider === "groq" ? groqSdk : sdks[catalogue[provider].api.dialect];
}

const headersOf = (headers: Readonly<Record<string, string>>) =>
  `{ ${Object.entries(headers)
    .map(([name, value]) => `${/^\w+$/.test(name) ? name : `"${name}"`}: ${value}`)
    .join(", ")} }`;

const quoted = (text: string) => JSON.stringify(text);

export interface Snippet {
  readonly name: string;
  readonly language: "js" | "sh";
  /** Whether it reads the user's token from the environment. */
  readonly needsToken: boolean;
  text(call: Call): string;
}

export const snippets: readonly Snippet[] = [
  {
    name: "Browser",
    language: "js",
    needsToken: false,
    text({ url, publishableKey, provider, operation, model, endpoint }) {
      const sdk = sdkOf(provider);
      return `import { createClient } from "@supabase/supabase-js";
${sdk.importLine}

const supabase = createClient("${url}", "${publishableKey}");
const { data } = await supabase.auth.getSession(); // of the user who is signed in

${sdk.client(endpoint.sdk, "data.session.access_token", headersOf({ "x-byok-operation": quoted(operation) }), true)}
${sdk.call(model)}`;
    },
  },
  {
    name: "Node",
    language: "js",
    needsToken: true,
    text({ provider, operation, model, endpoint }) {
      const sdk = sdkOf(provider);
      const headers = headersOf({ "x-byok-operation": quoted(operation) });
      return `${sdk.importLine}

// The access token that the user's request to your server carries.
const token = process.env.ACCESS_TOKEN;
${sdk.client(endpoint.sdk, "token", headers, false)}
${sdk.call(model)}`;
    },
  },
  {
    name: "Backend job",
    language: "js",
    needsToken: false,
    text({ provider, operation, model, endpoint, userId }) {
      const sdk = sdkOf(provider);
      const headers = headersOf({
        apikey: "process.env.SUPABASE_SECRET_KEY",
        "x-byok-user": quoted(userId),
        "x-byok-operation": quoted(operation),
      });
      return `${sdk.importLine}

// Acts for a user who is not there: with the project's secret key, on a server only.
${sdk.client(endpoint.sdk, `"unused"`, headers, false)}
${sdk.call(model)}`;
    },
  },
  {
    name: "curl",
    language: "sh",
    needsToken: true,
    text({ provider, operation, model, endpoint }) {
      const { path, headers = {}, body } = wholeGeneration(provider, model, "Hello");
      const lines = Object.entries({
        authorization: "Bearer $ACCESS_TOKEN",
        "content-type": "application/json",
        "x-byok-operation": operation,
        ...headers,
      }).map(([name, value]) => `  -H "${name}: ${value}" \\\n`);
      return `curl "${endpoint.url}${path}" \\
${lines.join("")}  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`;
    },
  },
];
