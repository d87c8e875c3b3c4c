import { expect, test } from "vitest";
import { catalogue } from "../../catalogue/index.ts";
import { runCommand } from "../harness/processes.ts";

test("providers lists every provider: how keys begin, where they are made, and since when that is known", async () => {
  const { code, output } = await runCommand("providers", []).ended;
  expect(code).toBe(0);
  const [head, ...rows] = output.trimEnd().split("\n");
  expect(head).toMatch(/^id +name +keys begin with +keys are made at +place +credits +seen$/);
  expect(rows.map((row) => row.split(" ")[0])).toEqual(Object.keys(catalogue));
  expect(rows[0]).toMatch(
    /^openai +OpenAI +sk-\.\.\. +https:\/\/platform\.openai\.com\S+ +region \(optional\) +yes +20\d\d-\d\d-\d\d$/,
  );
});

test("providers --json names the sources, and where credits can pay", async () => {
  const { output } = await runCommand("providers", ["--json"]).ended;
  const { providers } = JSON.parse(output);
  const source = { url: expect.stringMatching(/^https:/), seen: expect.stringMatching(/^20\d\d-/) };
  for (const { sources } of providers) expect(sources).toContainEqual(source);
  expect(providers.find(({ id }: { id: string }) => id === "openai").on_credits).toBe(true);
  expect(providers.find(({ id }: { id: string }) => id === "azure").place).toEqual({
    kind: "resource",
    required: true,
  });
});
