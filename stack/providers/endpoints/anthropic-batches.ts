import { randomUUID } from "node:crypto";
import type { Answer, ReceivedRequest, Route } from "../adapter.ts";
import { jsonBody } from "../adapter.ts";

interface Batch {
  id: string;
  createdAt: Date;
  customIds: string[];
}

/**
 * Anthropic's message batches, which end at once: https://platform.claude.com/docs/en/api/messages/batches, November 2026. The
 * address of the results is absolute, and clients follow it.
 */
export class AnthropicBatches {
  readonly #byKey = new Map<string, Map<string, Batch>>();

  route(request: ReceivedRequest, notFound: () => Answer): Route | null {
    const [, id = "", results] = /^\/v1\/messages\/batches(?:\/([^/]+)(\/results)?)?$/.exec(request.path) ?? [];
    if (!request.path.startsWith("/v1/messages/batches")) return null;
    return {
      kind: "other",
      answer: (key) => {
        const batches = this.#byKey.get(key) ?? new Map<string, Batch>();
        this.#byKey.set(key, batches);
        if (id === "" && request.method === "POST") return described(create(request, batches), request);
        if (id === "") return list([...batches.values()], request);
        const batch = batches.get(id);
        if (!batch) return notFound();
        return results ? resultsOf(batch) : described(batch, request);
      },
    };
  }
}

function create(request: ReceivedRequest, batches: Map<string, Batch>): Batch {
  const requests = (jsonBody(request)["requests"] ?? []) as { custom_id: string }[];
  const id = `msgbatch_${randomUUID().replaceAll("-", "")}`;
  const batch = { id, createdAt: new Date(), customIds: requests.map(({ custom_id }) => custom_id) };
  batches.set(id, batch);
  return batch;
}

function described(batch: Batch, request: ReceivedRequest): Answer {
  return { status: 200, body: bodyOf(batch, request) };
}

function list(batches: Batch[], request: ReceivedRequest): Answer {
  const data = batches.map((batch) => bodyOf(batch, request));
  return { status: 200, body: { data, has_more: false, first_id: null, last_id: null } };
}

function bodyOf({ id, createdAt, customIds }: Batch, { headers }: ReceivedRequest): object {
  return {
    id,
    type: "message_batch",
    processing_status: "ended",
    request_counts: { processing: 0, succeeded: customIds.length, errored: 0, canceled: 0, expired: 0 },
    created_at: createdAt.toISOString(),
    ended_at: createdAt.toISOString(),
    expires_at: new Date(createdAt.getTime() + 86_400_000).toISOString(),
    archived_at: null,
    cancel_initiated_at: null,
    results_url: `http://${headers["host"]}/v1/messages/batches/${id}/results`,
  };
}

function resultsOf({ customIds }: Batch): Answer {
  const lines = customIds.map((custom_id) => {
    const content = [{ type: "text", text: `Echo: ${custom_id}` }];
    return JSON.stringify({ custom_id, result: { type: "succeeded", message: { type: "message", content } } });
  });
  return { status: 200, headers: { "content-type": "application/x-jsonl" }, body: `${lines.join("\n")}\n` };
}
