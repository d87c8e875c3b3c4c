/** Calls to OpenAI through the function `call`, of which a test sees how far they have come. */
import type { BreakableStack } from "./breakable-stack.ts";
import { type Answer, answerUpTo, type Stage } from "./provider.ts";

/** Price of each call on credits. */
export const operation = { name: "single_doc_regen", credits: 2 } as const;

export interface User {
  readonly id: string;
  readonly accessToken: string;
}

export interface CallEnd {
  /** Null where no answer came. */
  readonly status: number | null;
  readonly funding: string | null;
  /** The code of a refusal by the functions. */
  readonly refusal: string | null;
  readonly text: string;
  /** Whether the answer came to a proper end. */
  readonly isWhole: boolean;
}

/** A streamed question whose prompt is its request id. */
export class Call {
  readonly requestId: string;
  /** Never rejects. */
  readonly ended: Promise<CallEnd>;
  readonly #leaving = new AbortController();
  readonly #begun = Promise.withResolvers<void>();
  #text = "";
  #more = Promise.withResolvers<void>();

  constructor(stack: BreakableStack, user: User, requestId: string) {
    this.requestId = requestId;
    this.#begun.promise.catch(() => undefined);
    this.#more.promise.catch(() => undefined);
    this.ended = this.#run(stack, user);
  }

  /** Resolves when the provider's answer has come to a stage and is here as far as that; rejects when the call ends before. */
  async comesTo(stage: Stage, answer: Answer): Promise<void> {
    await this.until(answer.asked);
    if (stage !== "silence") await this.#begun.promise;
    while (this.#text.length < answerUpTo(stage).length) await this.#more.promise;
  }

  /** Resolves when something on the call's way is reached; rejects when the call ends without the provider's answer before. */
  until(reached: Promise<void>): Promise<void> {
    const failure = this.ended.then(async ({ status, refusal, funding }) => {
      if (refusal === null && funding !== null) return await reached;
      throw new Error(`The call ended with ${refusal ?? status ?? "no answer"}.`);
    });
    return Promise.race([reached, failure]);
  }

  leave(): void {
    this.#leaving.abort();
  }

  async #run(stack: BreakableStack, user: User): Promise<CallEnd> {
    let response: Response | undefined;
    let isWhole = false;
    try {
      response = await ask(stack, user, this.requestId, this.#leaving.signal);
      this.#begun.resolve();
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        this.#text += chunk;
        this.#more.resolve();
        this.#more = Promise.withResolvers();
        this.#more.promise.catch(() => undefined);
      }
      isWhole = true;
    } catch {
      // That a call breaks off is what these tests are about.
    }
    const early = new Error(
      `The call ended with ${response?.status ?? "no answer"} after ${this.#text.length} characters.`,
    );
    this.#begun.reject(early);
    this.#more.reject(early);
    const header = (name: string) => response?.headers.get(name) ?? null;
    return {
      status: response?.status ?? null,
      funding: header("x-byok-funding"),
      refusal: header("x-byok-error"),
      text: this.#text,
      isWhole,
    };
  }
}

function ask(stack: BreakableStack, user: User, requestId: string, signal: AbortSignal): Promise<Response> {
  return fetch(`${stack.url}/functions/v1/byok/call/openai/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${user.accessToken}`,
      "content-type": "application/json",
      "x-byok-operation": operation.name,
      "idempotency-key": requestId,
    },
    body: JSON.stringify({
      model: "gpt-4.1-mini",
      stream: true,
      messages: [{ role: "user", content: requestId }],
    }),
    signal,
  });
}
