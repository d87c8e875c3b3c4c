import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { askBeforeKeyCheck, type Hooks, type KeyCheck, setHooks } from "../../functions/_shared/hooks.ts";

const printed: string[] = [];
beforeEach(() => void vi.spyOn(console, "error").mockImplementation((line) => void printed.push(line)));
afterEach(() => {
  setHooks({});
  printed.length = 0;
});

const request = () =>
  new Request("https://project.example/byok/save?a=1", {
    method: "POST",
    headers: { authorization: "Bearer s3cret", "x-captcha-token": "token" },
    body: '{"api_key":"sk-s3cret"}',
  });
const ada = { userId: "ada", teamId: null };

/** The end of a check of Ada's key where the hook answers so. */
async function outcomeOf(
  hook: NonNullable<Hooks["beforeKeyCheck"]>,
  holder: { userId: string; teamId: string | null } = ada,
) {
  setHooks({ beforeKeyCheck: hook });
  return await askBeforeKeyCheck(request(), holder, "openai").then(
    () => "asked",
    (error: unknown) => error,
  );
}

describe("beforeKeyCheck", () => {
  test("gets address, method and headers of the request, who asks and whose key it is, and no body", async () => {
    const checks: KeyCheck[] = [];
    const note = (check: KeyCheck) => void checks.push(check);
    expect(await outcomeOf(note)).toBe("asked");
    expect(await outcomeOf(note, { userId: "ada", teamId: "red" })).toBe("asked");
    expect(checks.map(({ userId, provider, owner }) => ({ userId, provider, owner }))).toEqual([
      { userId: "ada", provider: "openai", owner: { kind: "user", id: "ada" } },
      { userId: "ada", provider: "openai", owner: { kind: "team", id: "red" } },
    ]);
    const [{ request: seen }] = checks as [KeyCheck];
    expect([seen.url, seen.method, seen.headers.get("x-captcha-token")]).toEqual([request().url, "POST", "token"]);
    expect(await seen.text()).toBe("");
  });

  test("may be asynchronous, and is not needed", async () => {
    expect(await outcomeOf(async () => undefined)).toBe("asked");
    setHooks({});
    await expect(askBeforeKeyCheck(request(), ada, "openai")).resolves.toBeUndefined();
  });

  test("has 10 s to answer, and what it asks others ends with them", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let signal: AbortSignal | undefined;
    const ended = vi.fn();
    void outcomeOf(async ({ request: { signal: given } }) => {
      signal = given;
      await new Promise(() => undefined);
    }).then(ended);
    await vi.advanceTimersByTimeAsync(9_999);
    expect([signal?.aborted, printed, ended.mock.calls]).toEqual([false, [], []]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "internal" }));
    expect(signal?.aborted).toBe(true);
    expect(printed).toEqual(["BYOK: the hook beforeKeyCheck has failed: TimeoutError."]);
  });

  test("leaves no timer behind when it answers or throws", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    await outcomeOf(async () => undefined);
    await outcomeOf(() => {
      throw new Error("no");
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("refuses with the app's code, and its sentence or ours", async () => {
    expect(await outcomeOf(async () => ({ code: "captcha_failed", message: "Once more, please." }))).toMatchObject({
      ...{
        code: "refused_by_app",
        status: 403,
        message: "Once more, please.",
        details: { app_code: "captcha_failed" },
      },
    });
    expect(await outcomeOf(() => ({ code: "no" }))).toMatchObject({ message: expect.stringContaining("The app") });
  });

  test.each<[string, () => unknown]>([
    ["throws", () => Promise.reject(new Error("s3cret"))],
    ["throws what is no error", () => Promise.reject("s3cret")],
    [
      "throws an error with a name of its own",
      () => Promise.reject(Object.assign(new Error(), { name: "s3cret of ada" })),
    ],
    ["answers false", () => false],
    ["answers null", () => null],
    ["answers no code", () => ({ message: "s3cret" })],
    ["answers a code that is none", () => ({ code: "s3cret of ada" })],
    ["answers a sentence that is too long", () => ({ code: "no", message: "s3cret".repeat(60) })],
  ])("that %s lets no key through, and neither answer nor log repeats anything of it", async (_, hook) => {
    const error = await outcomeOf(hook as never);
    expect(error).toMatchObject({ code: "internal", details: {} });
    expect(printed).toEqual([expect.stringMatching(/^BYOK: the hook beforeKeyCheck has failed: [\w ]+\.$/)]);
    expect(`${printed} ${error}`).not.toContain("s3cret");
  });
});

test("setHooks() refuses a hook that there is not, since it would never run", () => {
  expect(() => setHooks({ beforeCheck: () => undefined } as Hooks)).toThrow("beforeCheck is no hook");
  expect(() => setHooks({ beforeKeyCheck: true } as never)).toThrow("is no function");
});
