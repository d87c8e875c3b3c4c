/** Changes to a call on credits on its way to the provider, with the catalogue's own offers. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { offers } from "../../../catalogue/offers/index.ts";
import { checkOffer, findOffer, offeredSearch } from "../../../functions/_shared/credits/offers.ts";
import type { ProviderId } from "../../../functions/_shared/providers/index.ts";
import { anthropicCases } from "./cases-anthropic.ts";
import { deepseekCases } from "./cases-compatible.ts";
import { googleCases } from "./cases-google.ts";
import { groqCases } from "./cases-groq.ts";
import { openaiCases } from "./cases-openai.ts";
import type { Json, OfferCase, ProviderCases } from "./cases.ts";

// Thousands of cases each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const cases = {
  openai: openaiCases,
  anthropic: anthropicCases,
  google: googleCases,
  groq: groqCases,
  deepseek: deepseekCases,
} as const satisfies Partial<Record<ProviderId, ProviderCases>>;
const offering = Object.keys(cases) as (keyof typeof cases)[];
const maxOutputTokens = 1000;
const userHash = "5eedc0de";

test("every provider with an offer has cases here", () => {
  expect(Object.keys(offers).sort()).toEqual([...offering].sort());
});

test("the offers survive a JSON round trip", () => {
  expect(JSON.parse(JSON.stringify(offers))).toEqual(offers);
});

describe("offeredSearch()", () => {
  test("keeps the form of the answer and nothing else", () => {
    expect(offeredSearch("?alt=sse&key=k&access_token=t&prettyPrint=1")).toBe("?alt=sse");
    expect(offeredSearch("?access_token=t")).toBe("");
    expect(offeredSearch("")).toBe("");
  });

  test.each(["?alt=sse%26key%3Dk", "?alt=proto", "?alt=media&alt=sse", "?alt=SSE", "?alt=", "?$alt=sse"])(
    "keeps nothing of %s",
    (search) => expect(offeredSearch(search)).toBe(""),
  );
});

describe.each(offering)("the offers of %s", (provider) => {
  const { offered, notOffered } = cases[provider];

  test("have cases for each of them", () => {
    const untested = (offers[provider] ?? []).filter(
      ({ path }) => !offered.some((one) => new RegExp(path).test(one.path)),
    );
    expect(untested.map(({ path }) => path)).toEqual([]);
  });

  test.each([...notOffered])("leave out %s", (path) => {
    expect(findOffer(provider, "POST", path)).toBeUndefined();
  });

  test("are for POST alone", () => {
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"]) {
      for (const { path } of offered) expect(findOffer(provider, method, path)).toBeUndefined();
    }
  });

  describe.each(offered.map((one) => [one.path, one] as const))("%s", (_, one) => describeOffer(provider, one));
});

function describeOffer(provider: ProviderId, { path, body, model, limit, ...one }: OfferCase): void {
  const check = (more: Json, { models = [model], needsUsage = false, max_input_bytes = 1_048_576 } = {}) => {
    const offered = findOffer(provider, "POST", path);
    if (!offered) throw new Error(`${provider} has no offer for ${path}`);
    const limitsOf = (asked: string) =>
      models.includes(asked) ? { maxOutputTokens, max_input_bytes, needsUsage } : undefined;
    return checkOffer(offered, { ...body, ...more }, limitsOf, userHash);
  };
  const send = (more: Json, options = {}): Json => JSON.parse(check(more, options).body);
  const refusing = (field: string) => expect.objectContaining({ code: "not_offered", status: 403, details: { field } });

  test("pass a plain request on", () => {
    expect(send({})).toMatchObject({ ...body, ...one.always });
  });

  test.each(one.welcome.map((more) => [more]))("pass on %j", (more) => {
    expect(send(more)).toMatchObject({ ...body, ...more, ...one.always });
  });

  test.each((one.changed ?? []).map(([more, becomes]) => [more, becomes]))("send for %j: %j", (more, becomes) => {
    const sent = send(more);
    expect(sent).toMatchObject(becomes);
    for (const field of Object.keys(more)) if (!(field in becomes)) expect(sent).not.toHaveProperty(field);
  });

  test("refuse a model that the operation does not buy", () => {
    for (const models of [[], ["another"], [`${model}-pro`], [model.slice(0, -1)]]) {
      expect(() => send({}, { models })).toThrow(refusing("model"));
    }
  });

  test("refuse a field that nobody has thought about", () => {
    expect(() => send({ brand_new: true })).toThrow(refusing("brand_new"));
  });

  test("leave out what is null", () => {
    expect(send({ brand_new: null, previous_response_id: null, thread: null })).toEqual(send({}));
  });

  test.each(one.refused)("refuse %s in %j", (field, addition) => {
    expect(() => send(addition)).toThrow(refusing(field));
  });

  test("store nothing in the platform's account, whatever the client says", () => {
    for (const store of [true, "true", 1]) {
      let sent: Json = {};
      try {
        sent = send({ store });
      } catch (error) {
        expect(error).toEqual(refusing("store"));
      }
      expect(sent.store ?? false).toBe(false);
    }
  });

  test("name the user by the platform's hash alone, whatever the client says", () => {
    const claim = "someone-else";
    let sent = send({});
    try {
      sent = send({ user: claim, safety_identifier: claim, metadata: { user_id: claim } });
    } catch (error) {
      expect(error).toMatchObject({ code: "not_offered" });
    }
    expect(sent).toMatchObject(one.user ?? {});
    expect(
      JSON.stringify([sent.user, sent.safety_identifier, (sent.metadata as Json | undefined)?.user_id]),
    ).not.toContain(claim);
  });

  test("say what the call may cost", () => {
    const { body: text, model: asked, input_bytes, maxInputTokens, maxOutputTokens: output } = check({});
    expect(asked).toBe(model);
    expect(input_bytes).toBe(Buffer.byteLength(text));
    expect(maxInputTokens).toBe(input_bytes + 1000);
    expect(output).toBe(limit ? maxOutputTokens : 0);
  });

  if (one.image) {
    test("count an image as what it may cost, whatever its bytes", () => {
      const { input_bytes, maxInputTokens } = check(one.image!.body);
      expect(maxInputTokens).toBeGreaterThan(input_bytes + one.image!.tokens - 100);
      const fits = { max_input_bytes: maxInputTokens };
      expect(() => check(one.image!.body, fits)).not.toThrow();
      const tight = { max_input_bytes: one.image!.tokens };
      expect(() => check(one.image!.body, tight)).toThrow(expect.objectContaining({ code: "body_too_large" }));
    });
  }

  if (one.usage) {
    test("ask a stream for its token counts where they are needed, and only there", () => {
      expect(send({ stream: true }, { needsUsage: true })).toMatchObject(one.usage!);
      expect(send({ stream: true, stream_options: { include_usage: false } }, { needsUsage: true })).toMatchObject(
        one.usage!,
      );
      expect(send({ stream: true })).not.toMatchObject(one.usage!);
      expect(send({}, { needsUsage: true })).not.toHaveProperty("stream_options");
    });
  }

  if (limit) describeLimit(limit, send, check);
}

function describeLimit(
  [field, nested]: NonNullable<OfferCase["limit"]>,
  send: (more: Json) => Json,
  check: (more: Json) => { maxOutputTokens: number },
): void {
  const limitOf = (sent: Json): unknown => (nested === undefined ? sent[field] : (sent[field] as Json)[nested]);
  const asking = (limit: unknown): Json => ({ [field]: nested === undefined ? limit : { [nested]: limit } });

  test.each([
    ["a higher limit", 9000],
    ["a limit in a string, which some providers read as a number", "9000"],
    ["no limit by null", null],
    ["an array", [9000]],
    ["true", true],
    ["minus one, which some servers read as no limit", -1],
    ["zero, which some servers read as no limit", 0],
    ["infinity", Infinity],
  ])("limit the output for %s", (_, limit) => {
    expect(limitOf(send(asking(limit)))).toBe(maxOutputTokens);
  });

  test("limit the output when the client sets no limit", () => {
    expect(limitOf(send({}))).toBe(maxOutputTokens);
  });

  test("let the client ask for less, and hold less for it", () => {
    expect(limitOf(send(asking(10)))).toBe(10);
    expect(check(asking(10)).maxOutputTokens).toBe(10);
    expect(limitOf(send(asking(maxOutputTokens)))).toBe(maxOutputTokens);
  });

  test("never send more than one limit, nor a higher one, whatever the client says", () => {
    const names = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
    const limits = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.integer(), fc.jsonValue()));
    fc.assert(
      fc.property(limits, (asked) => {
        let sent: Json;
        try {
          sent = send(asked);
        } catch (error) {
          expect(error).toMatchObject({ code: "not_offered" });
          return;
        }
        const found = names.filter((name) => sent[name] !== undefined);
        expect(found.length + (nested === undefined ? 0 : 1)).toBe(1);
        for (const name of found) expect(sent[name]).toBeLessThanOrEqual(maxOutputTokens);
      }),
    );
  });
}
