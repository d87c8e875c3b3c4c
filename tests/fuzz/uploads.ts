/** Uploads of the greatest size, of more, and of more at once than the functions have room for. */
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { bearer, memoryLimitKiB, type Target } from "./target.ts";
import { exchange, requestOf, type WireAnswer } from "./wire.ts";

/** The most that a call may carry. */
const limit_bytes = 25 * 1024 * 1024;
/** One for all: only the functions are to run short of memory here. */
const content = Buffer.alloc(limit_bytes);

export function attackWithUploads(target: () => Target): void {
  /** Uploads to the attacker's provider, at the speed at which it is taken, and asks after it was answered. */
  async function upload(bytes: number, isDeclared: boolean) {
    const framing = isDeclared
      ? (["content-length", String(bytes)] as const)
      : (["transfer-encoding", "chunked"] as const);
    const head = requestOf("POST", "/byok/call/openai/v1/files", [
      bearer(target().attacker),
      ["content-type", "text/plain"],
      framing,
    ]);
    function* pieces() {
      yield head;
      const piece = Buffer.alloc(64 * 1024);
      for (let sent = 0; sent < bytes; sent += piece.length) {
        const part = piece.subarray(0, Math.min(piece.length, bytes - sent));
        if (isDeclared) yield part;
        else yield Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
      }
      if (!isDeclared) yield "0\r\n\r\n";
    }
    return await exchange(target().doors[0].port, pieces(), { patience: 60_000 });
  }

  test.each([
    { bytes: limit_bytes, isDeclared: true, outcome: "200," },
    { bytes: limit_bytes, isDeclared: false, outcome: "200," },
    { bytes: limit_bytes + 1, isDeclared: true, outcome: "413,body_too_large" },
    { bytes: limit_bytes + 1, isDeclared: false, outcome: "413,body_too_large" },
  ])(
    "four uploads at once of $bytes bytes, declared: $isDeclared, end with $outcome and stay out of memory",
    async ({ bytes, isDeclared, outcome }) => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => upload(bytes, isDeclared)));
      expect(answers.map((answer) => target().faultOf(answer))).toEqual([null, null, null, null]);
      const isRefusedUnread = isDeclared && bytes > limit_bytes;
      const isMissed = (answer: WireAnswer) => isRefusedUnread && target().closesUnread && answer.bytes === "";
      for (const answer of answers.filter((answer) => !isMissed(answer)))
        expect([answer.status, answer.headers["x-byok-error"]].join(",")).toBe(outcome);
      if (isRefusedUnread) expect(target().providers.openai.received).toEqual([]);
      await target().expectUnharmed();
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    },
  );

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
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    } finally {
      for (const { socket } of uploads) socket.destroy();
      provider.isReading = true;
    }
    await target().expectUnharmed();
  });

  interface Upload {
    readonly socket: Socket;
    /** The answer so far. */
    answer(): string;
    /** Whether not a byte was taken since this was asked last. */
    isStuck(): boolean;
  }

  function startUpload(port: number): Upload {
    const socket = connect(port, "127.0.0.1");
    const headers = [bearer(target().attacker), ["content-length", String(limit_bytes)]] as const;
    let answer = "";
    let taken = -1;
    socket.on("data", (bytes) => (answer += bytes.toString("latin1")));
    socket.on("error", () => {});
    socket.write(requestOf("POST", "/byok/call/openai/v1/files", headers), "latin1");
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
