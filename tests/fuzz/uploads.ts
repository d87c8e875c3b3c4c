/** Many uploads at once to a provider that does not read: the functions let in what they have room for. */
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { bearer, type Target } from "./target.ts";
import { requestOf } from "./wire.ts";

const upload_bytes = 25 * 1024 * 1024;
/** One for all: only the functions are to run short of memory here. */
const content = Buffer.alloc(upload_bytes);

export function attackWithUploads(target: () => Target): void {
  test("140 uploads of 25 MiB to a provider that does not read stay out of memory, and those too many are told so", async () => {
    const provider = target().providers.openai;
    const { port } = target().doors[0];
    provider.isReading = false;
    const uploads = Array.from({ length: 140 }, () => startUpload(port));
    try {
      const refusals = () => uploads.filter(({ answer }) => /^HTTP\/1.1 503 /.test(answer()));
      await expect.poll(() => refusals().length).toBe(140 - 32);
      for (const { answer } of refusals()) {
        expect(answer()).toMatch(/^x-byok-error: too_many_uploads\r$/m);
        expect(answer()).toMatch(/^retry-after: 2\r$/m);
      }
      // The others fill what there is to be filled between the client and the provider.
      await expect
        .poll(() => uploads.filter(({ isStuck }) => isStuck()).length, { interval: 500 })
        .toBe(140 - refusals().length);
      expect(target().peakKiB()).toBeLessThan(256 * 1024);
    } finally {
      for (const { socket } of uploads) socket.destroy();
      provider.isReading = true;
    }
    await target().expectUnharmed();
  });

  interface Upload {
    readonly socket: Socket;
    /** What has come back. */
    answer(): string;
    /** Whether not a byte was taken since this was asked last. */
    isStuck(): boolean;
  }

  function startUpload(port: number): Upload {
    const socket = connect(port, "127.0.0.1");
    const headers = [bearer(target().attacker), ["content-length", String(upload_bytes)]] as const;
    let answer = "";
    let taken = -1;
    socket.on("data", (bytes) => (answer += bytes.toString("latin1")));
    socket.on("error", () => {});
    socket.write(requestOf("POST", "/call/openai/v1/files", headers), "latin1");
    socket.write(content);
    return {
      socket,
      answer: () => answer,
      isStuck() {
        const before = taken;
        taken = socket.bytesWritten - socket.writableLength;
        return answer === "" && taken === before;
      },
    };
  }
}
