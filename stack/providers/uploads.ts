import { randomUUID } from "node:crypto";
import type { ReceivedRequest } from "./adapter.ts";

export interface StoredFile {
  id: string;
  name: string;
  type: string;
  purpose: string;
  createdAt: Date;
  bytes: Uint8Array;
}

/** The files of each API key, in memory: one key never sees another's, as with a provider's organisations. */
export class FileStore {
  readonly #byKey = new Map<string, Map<string, StoredFile>>();

  async add(key: string, form: FormData, id = `file-${randomUUID().replaceAll("-", "")}`): Promise<StoredFile | null> {
    const file = form.get("file");
    if (!(file instanceof File)) return null;
    const stored = {
      id,
      name: file.name,
      type: file.type || "application/octet-stream",
      purpose: String(form.get("purpose") ?? ""),
      createdAt: new Date(),
      bytes: new Uint8Array(await file.arrayBuffer()),
    };
    this.#filesOf(key).set(id, stored);
    return stored;
  }

  list(key: string): StoredFile[] {
    return [...this.#filesOf(key).values()];
  }

  get(key: string, id: string): StoredFile | undefined {
    return this.#filesOf(key).get(id);
  }

  delete(key: string, id: string): boolean {
    return this.#filesOf(key).delete(id);
  }

  #filesOf(key: string): Map<string, StoredFile> {
    const files = this.#byKey.get(key) ?? new Map<string, StoredFile>();
    this.#byKey.set(key, files);
    return files;
  }
}

/** Returns the fields of a multipart body, or null where the body is none. */
export async function formOf(request: ReceivedRequest): Promise<FormData | null> {
  const contentType = request.headers["content-type"] ?? "";
  if (!contentType.startsWith("multipart/form-data")) return null;
  const body = new Uint8Array(request.body);
  return await new Response(body, { headers: { "content-type": contentType } }).formData().catch(() => null);
}

/** Returns what the fakes hear in a recording: its size, so that a test sees whether every byte arrived. */
export async function transcribe(form: FormData): Promise<string | null> {
  const file = form.get("file");
  return file instanceof File ? `Echo: ${file.size} bytes of ${file.name}` : null;
}
