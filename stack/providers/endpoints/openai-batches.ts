import { randomUUID } from "node:crypto";
import type { Answer, ReceivedRequest, Route } from "../adapter.ts";
import { jsonBody } from "../adapter.ts";
import type { FileStore } from "../uploads.ts";

/**
 * OpenAI's batches, which Groq has too, ended as soon as they begin: https://developers.openai.com/api/docs/guides/batch, November
 * 2026. Clients find the results in a file.
 */
export class OpenAiBatches {
  readonly #byKey = new Map<string, Map<string, object>>();

  route(request: ReceivedRequest, path: string, files: FileStore, notFound: () => Answer): Route | null {
    const match = /^\/v1\/batches(?:\/([^/]+))?$/.exec(path);
    if (match === null) return null;
    return {
      kind: "other",
      answer: async (key) => {
        const batches = this.#byKey.get(key) ?? new Map<string, object>();
        this.#byKey.set(key, batches);
        if (match[1] === undefined && request.method === "POST") return this.#create(request, key, files, batches);
        if (match[1] === undefined) return { status: 200, body: { object: "list", data: [...batches.values()] } };
        const batch = batches.get(match[1]);
        return batch ? { status: 200, body: batch } : notFound();
      },
    };
  }

  async #create(
    request: ReceivedRequest,
    key: string,
    files: FileStore,
    batches: Map<string, object>,
  ): Promise<Answer> {
    const { input_file_id, endpoint, completion_window } = jsonBody(request);
    const input = files.get(key, String(input_file_id));
    const lines = new TextDecoder().decode(input?.bytes).split("\n").filter(Boolean);
    const results = lines.map((line) => {
      const { custom_id } = JSON.parse(line) as { custom_id: string };
      return JSON.stringify({ custom_id, response: { status_code: 200, body: { echo: custom_id } }, error: null });
    });
    const form = new FormData();
    form.append("file", new File([results.join("\n")], "results.jsonl"));
    form.append("purpose", "batch_output");
    const output = await files.add(key, form);
    const id = `batch_${randomUUID().replaceAll("-", "")}`;
    const counts = { total: lines.length, completed: lines.length, failed: 0 };
    const batch = {
      ...{ id, object: "batch", endpoint, input_file_id, completion_window, status: "completed" },
      ...{ output_file_id: output?.id ?? null, error_file_id: null, request_counts: counts },
      created_at: Math.floor(Date.now() / 1000),
    };
    batches.set(id, batch);
    return { status: 200, body: batch };
  }
}
