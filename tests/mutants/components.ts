import type { Guard } from "./mutants.ts";

const form = { file: "components/key-form.tsx", test: "tests/page/key-form.test.ts" };
const row = { file: "components/provider-row.tsx" };
const changes = { file: "components/changes.ts", test: "tests/page/circumstances.test.ts" };
const credits = { file: "components/credits.tsx", test: "tests/page/credits.test.ts" };

/** The promises of the settings page to its users, in a real browser. */
export const componentGuards: readonly Guard[] = [
  {
    ...form,
    name: "A key is gone from its field when it is sent",
    guard: '    field.value = "";\n',
    instead: "",
  },
  {
    file: "components/use-key.ts",
    name: "A key that cannot be sent stays in its field",
    guard: "if (signedOut) {",
    instead: "if (signedOut && take() !== null) {",
    test: "tests/page/sign-in.test.ts",
  },
  {
    ...form,
    name: "A revealed field is hidden again when its key is sent",
    guard: "    setRevealed(false);\n",
    instead: "",
  },
  {
    ...form,
    name: "The field has no name that a form could send it by",
    guard: "          ref={input}\n",
    instead: '          ref={input}\n          name="api_key"\n',
  },
  {
    ...form,
    name: "Chromium takes the field for no password",
    guard: '"off" : "one-time-code"',
    instead: '"off" : "off"',
  },
  {
    ...form,
    name: "A revealed field is kept out of what the browser remembers",
    guard: 'isRevealed ? "off" : "one-time-code"',
    instead: '"one-time-code"',
  },
  {
    ...form,
    name: "Password managers are told to leave the field alone",
    guard: '  "data-bwignore": "true",\n',
    instead: "",
  },
  {
    ...form,
    name: "A key is sent without what stuck to it",
    guard: 'return "apiKey" in read ? read.apiKey : "";',
    instead: "return value;",
  },
  { ...form, name: "What is no key is not sent", guard: 'if ("problem" in read) {', instead: "if (false) {" },
  {
    ...form,
    name: "A key that looks like another provider's gets a hint",
    guard: "setLikely(found?.id === provider.id ? null : found);",
    instead: "void found;",
  },
  {
    ...form,
    name: "The field tells screen readers what was wrong",
    guard: "          aria-describedby={`${id}-problem ${id}-likely ${id}-help`}\n",
    instead: "",
  },
  {
    ...form,
    name: "Nothing is sent offline",
    guard: "if (!navigator.onLine) {",
    instead: "if (false) {",
    test: "tests/page/circumstances.test.ts",
  },
  {
    ...form,
    name: "A double click saves once",
    guard: "if (!field || isSaving) return;",
    instead: "if (!field) return;",
    test: "tests/page/circumstances.test.ts",
  },
  {
    ...row,
    name: "A double click checks once",
    guard: "onClick={() => !isBusy && onClick()}",
    instead: "onClick={() => onClick()}",
    test: "tests/page/circumstances.test.ts",
  },
  {
    file: "components/remove-dialog.tsx",
    name: "A double click removes once",
    guard: "    if (isRemoving) return;\n",
    instead: "",
    test: "tests/page/circumstances.test.ts",
  },
  {
    ...row,
    name: "Removing asks first",
    guard: "onRemove={setRemoving}",
    instead: "onRemove={() => void key.remove()}",
    test: "tests/page/remove.test.ts",
  },
  {
    ...row,
    name: "Focus goes back to what opened a form",
    guard: "if (wasOpen.current && !isOpen) opener.current?.focus();",
    instead: "",
    test: "tests/page/key-form.test.ts",
  },
  {
    ...row,
    name: "Focus is not lost with a removed key",
    guard: "if (isRemoved || !credential) opener.current?.focus();",
    instead: "void isRemoved;",
    test: "tests/page/remove.test.ts",
  },
  {
    file: "components/api-keys.tsx",
    name: "Results are told to screen readers",
    guard: '<p className="byok-hidden" role="status">',
    instead: '<p className="byok-hidden">',
    test: "tests/page/key-states.test.ts",
  },
  {
    file: "components/use-key.ts",
    name: "After a failure the page reads again what is saved",
    guard: "    await refresh();\n",
    instead: "",
    test: "tests/page/circumstances.test.ts",
  },
  {
    ...changes,
    name: "Other tabs learn of a change",
    guard: "  channel.postMessage(null);\n",
    instead: "",
  },
  {
    ...changes,
    name: "Other tabs learn nothing about a change",
    guard: "postMessage(null)",
    instead: 'postMessage("openai")',
  },
  {
    ...changes,
    name: "A page that comes back to the front reads again",
    guard: '  window.addEventListener("focus", schedule, { signal });\n',
    instead: "",
  },
  {
    file: "components/use-live.ts",
    name: "What was read stays when reading again fails",
    guard: "setState((known) => ({ ...known, error }))",
    instead: "setState({ error })",
    test: "tests/page/circumstances.test.ts",
  },
  {
    ...credits,
    name: "A key that does not work pays for nothing",
    guard: "const paying = withStatus((works) => works);",
    instead: "const paying = withStatus(() => true);",
  },
  {
    ...credits,
    name: "Credits that have run out are told from credits that run low",
    guard: "if (unaffordable.length < operations.length) {",
    instead: "if (true) {",
  },
  {
    ...credits,
    name: "Credits in reserve are watched until they are charged or given back",
    guard: "  useWhileHeld(data?.balance.held_credits ?? 0, refresh);\n",
    instead: "",
  },
  {
    file: "components/byok.css",
    name: "A class `dark` makes the components dark",
    guard: ".dark .byok,\n.byok.dark {\n  color-scheme: dark;\n}\n",
    instead: "",
    test: "tests/page/theme.test.ts",
  },
  {
    file: "components/byok.css",
    name: "Nothing moves for users who ask for less motion",
    guard: "@media (prefers-reduced-motion: reduce)",
    instead: "@media (prefers-reduced-motion: never)",
    test: "tests/page/keyboard.test.ts",
  },
];
