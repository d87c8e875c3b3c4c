import { anthropic } from "./anthropic.ts";
import { Front } from "./front.ts";
import { startGenerator } from "./generator.ts";
import { google } from "./google.ts";
import { groq } from "./groq.ts";
import type { ProviderId } from "./keys.ts";
import { fakeKey, providerIds } from "./keys.ts";
import { openai } from "./openai.ts";

export type { Behaviour, ProviderId } from "./keys.ts";
export { behaviours, fakeKey, providerIds } from "./keys.ts";
export type { RecordedRequest } from "./recording.ts";

/** The fakes of all providers, running. */
export interface FakeProviders {
  /** Where each provider is reached, such as `http://127.0.0.1:49152`; its own paths follow. */
  origins: Record<ProviderId, string>;
  /** A key of the platform's own for each provider. It works. */
  platformKeys: Record<ProviderId, string>;
  stop(): Promise<void>;
}

export interface FakeProvidersOptions {
  /** Refuse requests with headers that a relay should have held back. True unless said otherwise. */
  checksLeaks?: boolean;
  /** Ports to listen on; free ones by default. */
  ports?: Partial<Record<ProviderId, number>>;
}

const adapters = { openai, anthropic, google, groq };

/**
 * Starts fakes of the four providers on 127.0.0.1. What a fake does is written into the key it is asked
 * with (see `fakeKey`); every other credential is refused in the provider's own words.
 *
 * What was asked of them is read at `<origin>/__fake/requests?key=<API key>`.
 */
export async function startFakeProviders(options: FakeProvidersOptions = {}): Promise<FakeProviders> {
  const { checksLeaks = true, ports = {} } = options;
  const generator = await startGenerator();
  const origins = { openai: "", anthropic: "", google: "", groq: "" };
  const started: Front[] = [];
  const stop = async () => {
    await Promise.all(started.map((front) => front.stop()));
    await generator.stop();
  };
  try {
    for (const [index, id] of providerIds.entries()) {
      const next = providerIds[(index + 1) % providerIds.length] ?? id;
      const elsewhere = () => origins[next];
      const front = new Front(adapters[id](), generator, { port: ports[id] ?? 0, checksLeaks, elsewhere });
      await front.start();
      started.push(front);
      origins[id] = front.origin;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { origins, platformKeys: platformKeys(), stop };
}

function platformKeys(): Record<ProviderId, string> {
  const key = (id: ProviderId) => fakeKey(id, "platform");
  return { openai: key("openai"), anthropic: key("anthropic"), google: key("google"), groq: key("groq") };
}
