/**
 * Requests and answers that nobody in good faith sends, against one stack. Whatever it is: no request reaches another host than
 * the adapter's, nobody passes as another user, nothing of a secret comes back or is printed, every failure has its documented
 * code, and the functions live on.
 */
import { afterAll, beforeAll, beforeEach, describe, vi } from "vitest";
import { attackWithAnswers } from "./answers.ts";
import { replay, runs, sent } from "./drawing.ts";
import { attackWithBodies } from "./bodies.ts";
import { attackFields } from "./fields.ts";
import { attackWithFloods } from "./floods.ts";
import { attackHeads } from "./heads.ts";
import { attackPaths } from "./paths.ts";
import { Target } from "./target.ts";
import { attackTokens } from "./tokens.ts";
import { attackWithUploads } from "./uploads.ts";

vi.setConfig({ testTimeout: 120_000 + 500 * runs });

let target: Target;
beforeAll(async () => {
  console.log(`hostile requests: ${replay}`);
  target = await Target.start({
    BYOK_CALL_TIMEOUT_MS: "60000",
    BYOK_CHECK_TIMEOUT_MS: "5000",
    BYOK_STALL_TIMEOUT_MS: "5000",
  });
});
beforeEach(() => target.forget());
afterAll(async () => {
  await target?.stop();
  console.log(`hostile requests: ${JSON.stringify(sent)}`);
});

describe("paths", () => attackPaths(() => target));
describe("heads", () => attackHeads(() => target));
describe("tokens", () => attackTokens(() => target));
describe("answers", () => attackWithAnswers(() => target));
describe("bodies", () => attackWithBodies(() => target));
describe("floods", () => attackWithFloods(() => target));
describe("uploads", () => attackWithUploads(() => target));
describe("fields", () => attackFields(() => target));
