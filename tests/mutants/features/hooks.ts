import type { Guard } from "../mutants.ts";

const hooks = { file: "functions/_shared/hooks.ts", test: "tests/unit/hooks.test.ts" };

export const hookGuards: readonly Guard[] = [
  {
    ...hooks,
    name: "A hook sees nothing of the key",
    promise: "G36",
    guard: "request: new Request(request.url, { method, headers, signal }),",
    instead: "request,",
  },
  {
    ...hooks,
    name: "A hook that answers something else lets no key through",
    guard: 'if (!isRefusal(answer)) throw failed("an answer that is no refusal");',
    instead: "if (!isRefusal(answer)) return;",
  },
  {
    ...hooks,
    name: "The log has nothing of an error in a hook but its name",
    guard: "/^\\w{1,40}$/.test(thrown.name)",
    instead: "thrown.name",
  },
  {
    ...hooks,
    name: "A hook that does not answer ends with the request",
    guard: "await Promise.race([asked, expired])",
    instead: "await asked",
  },
  {
    ...hooks,
    name: "A hook that is misspelt is refused",
    guard: 'if (name !== "beforeKeyCheck") throw new TypeError(`${name} is no hook of these functions`);',
    instead: "",
  },
  {
    name: "The hook is asked before a key is saved",
    file: "functions/save/index.ts",
    guard: "await askBeforeKeyCheck(request, holder, provider);",
    instead: "",
    test: "tests/e2e/bundle.test.ts",
  },
  {
    name: "The hook is asked before a saved key is checked",
    file: "functions/verify/index.ts",
    guard: "if (!backend) await askBeforeKeyCheck(request, holder, body.provider);",
    instead: "",
    test: "tests/e2e/bundle.test.ts",
  },
];
