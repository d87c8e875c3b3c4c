/** The stream that the driver gets, over sockets that do what a test has them do. */
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { DenoStream, type Socket, type Sockets } from "../../../functions/_shared/database/deno-stream.ts";

interface Peer {
  readonly sockets: Sockets;
  /** Each write, as text. */
  readonly written: string[];
  readonly tls: { hostname: string; caCerts: string[] }[];
  say(text: string | null): void;
  isClosed(): boolean;
}

/** @param atOnce most bytes that one write takes */
function peer({ atOnce = Infinity, connecting = Promise.resolve() } = {}): Peer {
  const [written, said, tls]: [string[], (string | null)[], Peer["tls"]] = [[], [], []];
  let isClosed = false;
  let wake: () => void = () => undefined;
  const socket: Socket = {
    async read(into) {
      while (said.length === 0) {
        if (isClosed) throw new Error("closed");
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const text = said.shift()!;
      return text === null ? null : new TextEncoder().encodeInto(text, into).written;
    },
    async write(bytes) {
      await Promise.resolve();
      const part = bytes.subarray(0, atOnce);
      written.push(Buffer.from(part).toString("latin1"));
      return part.byteLength;
    },
    close() {
      isClosed = true;
      wake();
    },
  };
  const sockets: Sockets = {
    connect: async () => (await connecting, socket),
    startTls: async (_, options) => (tls.push(options), socket),
  };
  const say = (text: string | null) => {
    said.push(text);
    wake();
  };
  return { sockets, written, tls, say, isClosed: () => isClosed };
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function connected(sockets: Sockets): Promise<DenoStream> {
  const stream = new DenoStream({ tls: false, sockets });
  const connecting = once(stream, "connect");
  stream.connect(5432, "database.example");
  await connecting;
  return stream;
}

describe("DenoStream", () => {
  test("sends what is written between cork and uncork as one piece", async () => {
    const { sockets, written } = peer();
    const stream = await connected(sockets);
    stream.cork();
    stream.write(bytes("parse "));
    stream.write(bytes("bind "));
    await new Promise<void>((sent) => {
      stream.write(bytes("sync"), sent);
      expect(written).toEqual([]);
      stream.uncork();
    });
    expect(written).toEqual(["parse bind sync"]);
    stream.destroy();
  });

  test("sends all of it, in order, where a socket takes a part", async () => {
    const { sockets, written } = peer({ atOnce: 3 });
    const stream = await connected(sockets);
    stream.write(bytes("first "));
    await new Promise<void>((sent) => stream.write(bytes("second"), sent));
    expect(written.join("")).toBe("first second");
    stream.destroy();
  });

  test("keeps what was read apart from what is read next", async () => {
    const { sockets, say } = peer();
    const stream = await connected(sockets);
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    for (let turn = 0; turn < 40; turn++) say(String(turn % 10).repeat(4096));
    say(null);
    await once(stream, "close");
    expect(pieces.map((piece) => piece.toString())).toEqual(
      Array.from({ length: 40 }, (_, turn) => String(turn % 10).repeat(4096)),
    );
  });

  test("ends with its connection", async () => {
    const { sockets, say, isClosed } = peer();
    const stream = await connected(sockets);
    const events: string[] = [];
    for (const event of ["end", "close"]) stream.on(event, () => events.push(event));
    say(null);
    await once(stream, "close");
    expect(events).toEqual(["end", "close"]);
    expect([isClosed(), stream.writable]).toEqual([true, false]);
  });

  test("closes after the last word", async () => {
    const { sockets, written, isClosed } = peer({ atOnce: 1 });
    const stream = await connected(sockets);
    const closed = once(stream, "close");
    stream.write(bytes("bye"), () => stream.end());
    await closed;
    expect(written.join("")).toBe("bye");
    expect(isClosed()).toBe(true);
  });

  test("closes a connection that was given up before it was there", async () => {
    const { promise: connecting, resolve } = Promise.withResolvers<void>();
    const { sockets, isClosed } = peer({ connecting });
    const stream = new DenoStream({ tls: false, sockets }).connect(5432, "database.example");
    const failed = once(stream, "error");
    stream.destroy(new Error("timeout expired"));
    expect(await failed).toMatchObject([{ message: "timeout expired" }]);
    resolve();
    await expect.poll(isClosed).toBe(true);
  });
});

describe("DenoStream with TLS", () => {
  const open = (sockets: Sockets, tls: { ca?: string }) =>
    new DenoStream({ tls, sockets }).connect(5432, "database.example");

  test("asks for it, with the operator's authority, before anything is told", async () => {
    const { sockets, say, written, tls } = peer();
    const stream = open(sockets, { ca: "PEM" });
    say("S");
    await once(stream, "connect");
    expect(written).toEqual(["\0\0\0\x08\x04\xd2\x16/"]);
    expect(tls).toEqual([{ hostname: "database.example", caCerts: ["PEM"] }]);
    stream.destroy();
  });

  test.each(["N", "E", null])("tells nothing to a server that answers %j", async (answer) => {
    const { sockets, say, written, isClosed, tls } = peer();
    const stream = open(sockets, {});
    say(answer);
    expect(await once(stream, "error")).toMatchObject([{ message: "The server has no TLS." }]);
    expect(written).toHaveLength(1);
    expect([tls, isClosed(), stream.writable]).toEqual([[], true, false]);
  });
});
