import type { Adapter } from "./adapter.ts";
import { anthropic } from "./adapters/anthropic.ts";
import { bedrock } from "./adapters/bedrock.ts";
import { compatible } from "./adapters/compatible.ts";
import { Front } from "./front.ts";
import { startGenerator } from "./generator.ts";
import { google } from "./adapters/google.ts";
import { groq } from "./adapters/groq.ts";
import type { ProviderId } from "./keys.ts";
import { fakeKey, providerIds } from "./keys.ts";
import { openai } from "./adapters/openai.ts";
import { vertex } from "./adapters/vertex.ts";

export type { Behaviour, ProviderId } from "./keys.ts";
export { behaviours, fakeKey, providerIds } from "./keys.ts";
export type { RecordedRequest } from "./recording.ts";

/** The fakes of all providers, running. */
export interface FakeProviders {
  /** Where each provider is reached, such as `http://127.0.0.1:49152`; its own paths follow. */
  origins: FakeOrigins;
  /** A key of the platform's own for each provider. It works. */
  platformKeys: Record<ProviderId, string>;
  stop(): Promise<void>;
}

/** By provider, and OpenAI's region `eu` at an address of its own. */
export type FakeOrigins = Record<ProviderId | "openai/eu", string>;

export interface FakeProvidersOptions {
  /** Refuse requests with headers that a relay should have held back. True unless said otherwise. */
  checksLeaks?: boolean;
  /** Ports to listen on; free ones by default. */
  ports?: Partial<Record<ProviderId, number>>;
}

/** Those with more to imitate than a row says. */
const adapters: Partial<Record<ProviderId, () => Adapter>> = { openai, anthropic, google, groq, bedrock, vertex };

/**
 * Starts fakes of all providers on 127.0.0.1. What a fake does is written into the key it is asked
 * with (see `fakeKey`); every other credential is refused in the provider's own words.
 *
 * The requests that they got are read at `<origin>/__fake/requests?key=<API key>`.
 */
export async function startFakeProviders(options: FakeProvidersOptions = {}): Promise<FakeProviders> {
  const { checksLeaks = true, ports = {} } = options;
  const generator = await startGenerator();
  const origins = {} as FakeOrigins;
  const started: Front[] = [];
  const stop = async () => {
    await Promise.all(started.map((front) => front.stop()));
    await generator.stop();
  };
  try {
    const start = async (id: ProviderId, port: number, elsewhere: () => string) => {
      const front = new Front(adapters[id]?.() ?? compatible(id), generator, { port, checksLeaks, elsewhere });
      await front.start();
      started.push(front);
      return front.origin;
    };
    for (const [index, id] of providerIds.entries()) {
      const next = providerIds[(index + 1) % providerIds.length] ?? id;
      origins[id] = await start(id, ports[id] ?? 0, () => origins[next]);
    }
    origins["openai/eu"] = await start("openai", 0, () => origins.openai);
  } catch (error) {
    await stop();
    throw error;
  }
  return { origins, platformKeys: platformKeys(), stop };
}

function platformKeys(): Record<ProviderId, string> {
  return Object.fromEntries(providerIds.map((id) => [id, fakeKey(id, "platform")])) as Record<ProviderId, string>;
}
