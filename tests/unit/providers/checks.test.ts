/** Findings of a check, and whom it asks, against the answers in fixtures/providers/. */
import { describe, expect, test } from "vitest";
import { providers } from "../../../functions/_shared/providers/index.ts";
import { checkKey } from "../../../functions/_shared/providers/verification.ts";
import { answerJson, startServer } from "../../harness/http.ts";
import { modelIn, scriptedReply } from "../../../stack/providers/script.ts";
import { checkFixtures } from "../../harness/providers/fixtures.ts";

describe("checkKey()", () => {
  test.each(checkFixtures.map(([id, fixture]) => [id, fixture.name, fixture] as const))(
    "finds out about a key for %s: %s",
    async (id, _, fixture) => {
      const asked: string[] = [];
      const { origin } = await startServer(({ method, url, body }, response) => {
        const asking = { method, path: url, body };
        if (method === "POST") asked.push(modelIn(asking));
        const reply = scriptedReply(id, fixture, asking);
        answerJson(response, reply.status, reply.body);
      });
      const found = await checkKey(providers[id], "sk-check", { origin, timeout_ms: 10_000, oneToken: true });
      expect({ ...found, asked }).toEqual({ verdict: fixture.verdict, reason: fixture.reason, asked: fixture.asked });
    },
  );
});
