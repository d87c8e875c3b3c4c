/**
 * Additions at any place of a request that credits buy: a field, item or tool that nobody has named is refused there, or
 * it is within the client's own data, or it is not sent.
 */
import { describe, expect, test } from "vitest";
import { checkOffer, findOffer } from "../../../functions/_shared/credits/offers.ts";
import type { ProviderId } from "../../../functions/_shared/providers/index.ts";
import { anthropicCases } from "./cases-anthropic.ts";
import type { Json, OfferCase, ProviderCases } from "./cases.ts";
import { deepseekCases } from "./cases-compatible.ts";
import { googleCases } from "./cases-google.ts";
import { groqCases } from "./cases-groq.ts";
import { openaiCases } from "./cases-openai.ts";

const cases = {
  openai: openaiCases,
  anthropic: anthropicCases,
  google: googleCases,
  groq: groqCases,
  deepseek: deepseekCases,
} as const satisfies Partial<Record<ProviderId, ProviderCases>>;
const offering = Object.keys(cases) as (keyof typeof cases)[];

/** Where the client's own data begins, which providers read as data: JSON schemas, and arguments and results of its tools. */
const ownData =
  /\.(parameters|schema|input_schema|responseSchema|args|arguments|response)$|\.content\.\d+\.input$|\.(document|source)\.data$/;

const smuggled: readonly Json[] = [
  { type: "web_search" },
  { type: "mcp", server_url: "https://evil.test" },
  { type: "item_reference", id: "msg_other" },
  { type: "file", file_id: "file-other" },
  { type: "image", source: { type: "url", url: "https://evil.test" } },
  { googleSearch: {} },
  { fileData: { fileUri: "https://evil.test" } },
  { brand_new: true },
];

interface Place {
  readonly container: Json | unknown[];
  readonly path: string;
}

/** All objects and lists within a value, each with its path. */
function placesIn(value: unknown, path: string): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.entries(value).flatMap(([name, item]) => placesIn(item, `${path}.${name}`));
  return [{ container: value as Place["container"], path }, ...inside];
}

/** The name of the field that every smuggled thing is put under, and the word by which it is found in what is sent. */
const name = "smuggled_field";

function isOwnData(path: string): boolean {
  const steps = path.split(".");
  return steps.some((_, at) => ownData.test(steps.slice(0, at + 1).join(".")));
}

describe.each(offering)("%s", (provider) => {
  test.each(cases[provider].offered.map((one) => [one.path, one] as const))("%s", (path, one) => {
    let tried = 0;
    for (const more of [{}, ...one.welcome]) tried += tryAll(provider, path, one, more);
    expect(tried).toBeGreaterThan(8 * one.welcome.length);
  });
});

/** @returns how many requests were tried */
function tryAll(provider: ProviderId, path: string, one: OfferCase, more: Json): number {
  const offered = findOffer(provider, "POST", path)!;
  const limits = { maxOutputTokens: 1000, max_input_bytes: 10_000_000 };
  const places = placesIn({ ...one.body, ...more }, "").length;
  for (let at = 0; at < places; at++) {
    for (const thing of smuggled) {
      const body = structuredClone({ ...one.body, ...more });
      const place = placesIn(body, "")[at]!;
      if (Array.isArray(place.container)) place.container.push({ ...thing, [name]: 1 });
      else place.container[name] = thing;
      let sent = "";
      try {
        sent = checkOffer(offered, body, () => limits, "5eedc0de").body;
      } catch (error) {
        expect(error).toMatchObject({ code: "not_offered" });
        continue;
      }
      const isHarmless = !sent.includes(name) || isOwnData(place.path);
      expect(isHarmless, `${JSON.stringify(thing)} at ${place.path || "the body"} is not sent`).toBe(true);
    }
  }
  return places * smuggled.length;
}
