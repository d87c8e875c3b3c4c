/**
 * Requests as SDKs send them, recorded from the SDKs themselves at a local server: a text, a stream, a tool and its result in the
 * next turn, a JSON schema, an image, embeddings. Credits buy them all but those that name why not.
 */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkOffer, findOffer } from "../../../functions/_shared/credits/offers.ts";
import { isProviderId } from "../../../functions/_shared/providers/index.ts";
import { root } from "../../harness/sources.ts";
import type { Json } from "./cases.ts";

interface Recording {
  /** Name and version. */
  readonly sdk: string;
  readonly recorded: string;
  readonly requests: readonly {
    readonly provider: string;
    readonly path: string;
    readonly body: Json | null;
    /** The field that the refusal names; `path` where credits pay for nothing at the path. */
    readonly refused?: string;
  }[];
}

const folder = join(root, "fixtures/sdks");
const recordings = globSync("*/*.json", { cwd: folder })
  .sort()
  .map((file): [string, Recording] => [
    basename(file, ".json"),
    JSON.parse(readFileSync(join(folder, file), "utf8")) as Recording,
  ]);

/** Fields of the platform's own, whatever the client says. */
const ownFields = new Set([
  "max_tokens",
  "max_completion_tokens",
  "max_output_tokens",
  "maxOutputTokens",
  "store",
  "user",
  "safety_identifier",
  "metadata",
]);
/** Parts of an answer that are handed back with it, and mean nothing in a request. */
const echoes = new Set(["annotations", "logprobs", "index"]);

/** A body without what is not the client's to say, and without nulls; names in one spelling. */
function essence(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(essence);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name, item]) =>
      item !== null && !ownFields.has(name) && !(echoes.has(name) && Array.isArray(item) && item.length === 0),
  );
  const named = kept.map(([name, item]) => [
    name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
    essence(item),
  ]);
  return Object.fromEntries(named.filter(([, item]) => JSON.stringify(item) !== "{}"));
}

test("the recordings are found", () => {
  expect(recordings.length).toBeGreaterThan(35);
});

describe.each(recordings)("%s", (_, { sdk, recorded, requests }) => {
  test("says what was recorded, and when", () => {
    expect(sdk).toMatch(/ \d+\.\d+\.\d+/);
    expect(recorded).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(requests).not.toEqual([]);
  });

  test.each(requests.map((request, at) => [at + 1, request.path, request] as const))(
    "request %d, %s",
    (_, path, request) => {
      if (!isProviderId(request.provider)) throw new Error(`There is no provider ${request.provider}`);
      const offered = findOffer(request.provider, "POST", path);
      if (request.refused === "path") return expect(offered).toBeUndefined();
      if (!offered || !request.body) throw new Error(`Credits pay for nothing at ${path}`);
      const limits = { maxOutputTokens: 1000, max_input_bytes: 1_048_576 };
      const check = () => checkOffer(offered, request.body as Json, () => limits, "5eedc0de").body;
      if (request.refused !== undefined) {
        const { refused } = request;
        return expect(check).toThrow(expect.objectContaining({ code: "not_offered", details: { field: refused } }));
      }
      expect(essence(JSON.parse(check()))).toEqual(essence(request.body));
    },
  );
});
