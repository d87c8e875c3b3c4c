import { defineCommand } from "../lib/command.ts";
import { fakeKeys, realKeys, tellStory } from "../lib/demo/story.ts";
import { withStack } from "../lib/with-stack.ts";

export const demo = defineCommand({
  operands: [],
  options: {
    real: { type: "boolean", summary: "asks the real providers, with the API keys that the environment has" },
  },
  async run({ options }) {
    const keys = options.real ? realKeys() : fakeKeys();
    const providers = options.real
      ? ({ providers: "real", functionsEnv: { BYOK_PLATFORM_KEYS: JSON.stringify(keys) } } as const)
      : {};
    await withStack(providers, (stack) => tellStory(stack, keys));
  },
});
