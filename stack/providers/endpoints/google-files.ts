import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { Answer, ReceivedRequest, Route } from "../adapter.ts";
import { jsonBody } from "../adapter.ts";

interface GoogleFile {
  name: string;
  mimeType: string;
  bytes: Buffer;
}

interface Upload {
  key: string;
  mimeType: string;
  parts: Buffer[];
}

type Failure = (status: number, code: string, message: string) => Answer;

/**
 * Google's files: resumable uploads, which go on at an absolute address, and downloads, which are redirected below `/download/`.
 * https://ai.google.dev/gemini-api/docs/files, November 2026
 */
export class GoogleFiles {
  readonly #uploads = new Map<string, Upload>();
  readonly #byKey = new Map<string, Map<string, GoogleFile>>();

  route(request: ReceivedRequest, fail: Failure): Route | null {
    const [, area = "", rest = ""] = /^(\/upload|\/download)?\/v1(?:beta|alpha)?(\/files.*)$/.exec(request.path) ?? [];
    if (rest === "") return null;
    return {
      kind: "other",
      answer: (key) => {
        if (area === "/upload") return this.#upload(request, key, fail);
        return this.#answer(request, { area, rest, key }, fail);
      },
    };
  }

  #upload(request: ReceivedRequest, key: string, fail: Failure): Answer {
    const command = request.headers["x-goog-upload-command"] ?? "";
    if (command === "start" && request.headers["x-goog-upload-protocol"] === "resumable") {
      const id = randomUUID();
      const mimeType = request.headers["x-goog-upload-header-content-type"] ?? "application/octet-stream";
      this.#uploads.set(id, { key, mimeType, parts: [] });
      const url = `http://${request.headers["host"]}${request.path}?upload_id=${id}&upload_protocol=resumable`;
      const headers = { "x-goog-upload-url": url, "x-goog-upload-control-url": url, "x-goog-upload-status": "active" };
      return { status: 200, headers, body: "" };
    }
    const upload = this.#uploads.get(request.query.get("upload_id") ?? "");
    if (!upload || upload.key !== key || !command.includes("upload")) {
      return fail(400, "INVALID_ARGUMENT", "Upload has already been terminated.");
    }
    upload.parts.push(request.body);
    if (!command.includes("finalize")) return { status: 200, headers: { "x-goog-upload-status": "active" }, body: "" };
    const file = {
      name: `files/${randomUUID().replaceAll("-", "")}`,
      mimeType: upload.mimeType,
      bytes: Buffer.concat(upload.parts),
    };
    this.#filesOf(key).set(file.name, file);
    const body = { file: described(file) };
    return { status: 200, headers: { "x-goog-upload-status": "final" }, body };
  }

  #answer(
    request: ReceivedRequest,
    { area, rest, key }: { area: string; rest: string; key: string },
    fail: Failure,
  ): Answer {
    const files = this.#filesOf(key);
    if (rest === "/files") return { status: 200, body: { files: [...files.values()].map(described) } };
    const [, name = "", isDownload] = /^\/(files\/[^:]+)(:download)?$/.exec(rest) ?? [];
    const file = files.get(name);
    if (!file) {
      const message = `You do not have permission to access the File ${name.slice("files/".length)} or it may not exist.`;
      return fail(403, "PERMISSION_DENIED", message);
    }
    if (isDownload && area !== "/download") {
      const location = `http://${request.headers["host"]}/download${request.path}?alt=media`;
      return { status: 302, headers: { location }, body: "" };
    }
    if (isDownload) return { status: 200, headers: { "content-type": file.mimeType }, body: file.bytes };
    if (request.method === "DELETE") files.delete(name);
    return { status: 200, body: request.method === "DELETE" ? {} : described(file) };
  }

  #filesOf(key: string): Map<string, GoogleFile> {
    const files = this.#byKey.get(key) ?? new Map<string, GoogleFile>();
    this.#byKey.set(key, files);
    return files;
  }
}

/** The addresses are Google's own: SDKs take the file's id out of them, and prompts name a file by them. */
function described({ name, mimeType, bytes }: GoogleFile): object {
  const uri = `https://generativelanguage.googleapis.com/v1beta/${name}`;
  return {
    ...{ name, mimeType, sizeBytes: String(bytes.byteLength), state: "ACTIVE", uri },
    downloadUri: `${uri}:download?alt=media`,
  };
}

/** A short-lived secret for the Live API: https://ai.google.dev/gemini-api/docs/ephemeral-tokens, November 2026. */
export function routeAuthTokens(request: ReceivedRequest): Route | null {
  if (request.method !== "POST" || request.path !== "/v1alpha/auth_tokens") return null;
  const { uses } = jsonBody(request);
  return { kind: "other", answer: () => ({ status: 200, body: { name: `auth_tokens/${randomUUID()}`, uses } }) };
}
