/** Every SDK that the contract runs over. */
import { anthropic, google, groq, openAi } from "./official.ts";
import type { Sdk } from "./sdk.ts";
import { aiSdks } from "./vercel.ts";

export const sdks: readonly Sdk[] = [openAi, anthropic, google, groq, ...aiSdks];
