/** Answers that unpack to much more than they are, never end or are not read, and what they do to the functions' memory. */
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { fakeKey } from "../harness/fakes.ts";
import { answerOf, type Script } from "./provider.ts";
import { bearer, memoryLimitKiB, type Target } from "./target.ts";
import { requestOf } from "./wire.ts";

/** More than the functions may hold: a function that unpacks a bomb of this size passes the limit. */
const bomb_bytes = 128 * 1024 * 1024;

const bomb = gzipSync(Buffer.alloc(bomb_bytes), { level: 1 });

export function attackWithFloods(target: () => Target): void {
  const questions = (script: string): Record<string, string> => ({
    "a call under BYOK": requestOf("GET", `/byok/call/openai/v1/models/${script}`, [bearer(target().attacker)]),
    "a call on credits": requestOf(
      "POST",
      "/byok/call/openai/v1/chat/completions",
      [bearer(target().spender), ["x-byok-operation", "single_doc_regen"]],
      JSON.stringify({ model: "gpt-4.1-mini", messages: [{ role: "user", content: script }] }),
    ),
    "a check": requestOf(
      "POST",
      "/byok/save",
      [bearer(target().saver)],
      JSON.stringify({ provider: "openai", api_key: fakeKey("openai", "works", script) }),
    ),
  });

  /** Asks in one way and reads the answer without keeping it; the number of bytes that came until it ended. */
  function readAway(question: string, script: Script): Promise<number> {
    const socket = connect(target().doors[0].port, "127.0.0.1");
    let bytes = 0;
    socket.on("data", (chunk) => (bytes += chunk.length));
    socket.write(questions(target().providers.openai.script(script))[question]!, "latin1");
    return new Promise((resolve) => {
      socket.on("error", () => {});
      socket.on("close", () => resolve(bytes));
    });
  }

  test.each(["a call under BYOK", "a call on credits", "a check"])(
    "answers to %s that unpack to much more than they are stay out of memory",
    async (question) => {
      for (const status of [200, 400]) {
        const head = `HTTP/1.1 ${status} Any\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`;
        await readAway(question, (socket) => {
          socket.write(head);
          socket.write(bomb);
        });
      }
      await target().expectUnharmed();
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    },
  );

  test.each(["a call under BYOK", "a call on credits", "a check"])(
    "answers to %s that never end, that come byte by byte or that nobody reads stay out of memory",
    async (question) => {
      const endless: Script = (socket) => {
        const piece = Buffer.alloc(64 * 1024, "[");
        socket.write("HTTP/1.1 200 Any\r\ncontent-type: application/json\r\n\r\n");
        let left = bomb_bytes / piece.length;
        const more = () => {
          while (left-- > 0 && !socket.destroyed) if (!socket.write(piece)) return socket.once("drain", more);
          return socket.end();
        };
        more();
      };
      const dripping: Script = async (socket) => {
        const answer = answerOf(200, `{"data":[${'{"id":"a"},'.repeat(50)}{}]}`);
        for (const byte of answer)
          if (!socket.write(byte)) await new Promise((resolve) => socket.once("drain", resolve));
      };
      await Promise.all([readAway(question, endless), readAway(question, dripping)]);
      // Nobody reads this one, until its connection is cut.
      const unread = connect(target().doors[0].port, "127.0.0.1").pause();
      const full = Promise.withResolvers<void>();
      unread.write(
        questions(
          target().providers.openai.script((socket) => {
            void endless(socket);
            socket.once("close", () => full.resolve());
            setTimeout(() => full.resolve(), 500);
          }),
        )[question]!,
      );
      await full.promise;
      unread.destroy();
      await target().expectUnharmed();
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    },
  );
}
