/** The Buffer of a bundle does what Node's does, in all that `pg` asks of it. */
import { Buffer as NodeBuffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buffer } from "../../../cli/lib/bundle/pg-buffer.ts";
import { anyText } from "../../harness/drawing/any-text.ts";

const bytes = fc.uint8Array({ maxLength: 40 });
const encodings = ["utf8", "utf-8", "base64", "hex", undefined] as const;
const text = anyText({ maxLength: 40 });

/** The same bytes in both, at a place in memory that is not its beginning. */
function twins(content: Uint8Array) {
  const memory = new ArrayBuffer(content.length + 7);
  new Uint8Array(memory).set(content, 5);
  return { ours: Buffer.from(memory, 5, content.length), nodes: NodeBuffer.from(content) };
}

const plain = (buffer: Uint8Array) => [...buffer];

test("Buffer.from() reads texts in each encoding, lists and views as Node's does", () => {
  fc.assert(
    fc.property(text, bytes, (words, content) => {
      expect(plain(Buffer.from(words))).toEqual(plain(NodeBuffer.from(words)));
      expect(Buffer.byteLength(words)).toBe(NodeBuffer.byteLength(words));
      for (const encoding of ["base64", "hex"] as const) {
        const written = NodeBuffer.from(content).toString(encoding);
        expect(plain(Buffer.from(written, encoding))).toEqual(plain(content));
      }
      expect(plain(Buffer.from([...content]))).toEqual(plain(content));
      expect(plain(Buffer.concat([content, Buffer.from(words)]))).toEqual(
        plain(NodeBuffer.concat([content, NodeBuffer.from(words)])),
      );
    }),
  );
});

test("toString() writes each encoding, of a part as of the whole", () => {
  fc.assert(
    fc.property(bytes, fc.nat(40), fc.nat(40), (content, start, end) => {
      const { ours, nodes } = twins(content);
      for (const encoding of encodings) {
        expect(ours.toString(encoding)).toBe(nodes.toString(encoding));
        expect(ours.toString(encoding, start, Math.max(start, end))).toBe(
          nodes.toString(encoding, start, Math.max(start, end)),
        );
      }
    }),
  );
  expect(Buffer.from("\uFEFFa").toString()).toBe("\uFEFFa");
});

test("write(), copy() and the integers change the same bytes, and say how many", () => {
  fc.assert(
    fc.property(text, bytes, fc.nat(20), fc.integer(), (words, content, offset, number) => {
      const { ours, nodes } = twins(new Uint8Array(60));
      expect(ours.write(words, offset)).toBe(nodes.write(words, offset, "utf-8"));
      const [source, nodesSource] = [twins(content).ours, NodeBuffer.from(content)];
      expect(source.copy(ours, offset)).toBe(nodesSource.copy(nodes, offset));
      expect(source.copy(ours, 50, 0, 20)).toBe(nodesSource.copy(nodes, 50, 0, 20));
      ours.writeInt32BE(number, offset);
      nodes.writeInt32BE(number, offset);
      ours.writeUInt32BE(number >>> 0, offset + 5);
      nodes.writeUInt32BE(number >>> 0, offset + 5);
      ours.writeInt16BE(number >> 16, offset + 10);
      nodes.writeInt16BE(number >> 16, offset + 10);
      expect(plain(ours)).toEqual(plain(nodes));
      for (let at = 0; at < 56; at++) {
        expect(ours.readInt16BE(at)).toBe(nodes.readInt16BE(at));
        expect(ours.readInt32BE(at)).toBe(nodes.readInt32BE(at));
        expect(ours.readUInt32BE(at)).toBe(nodes.readUInt32BE(at));
      }
    }),
  );
});

describe("slice()", () => {
  test("shares the bytes, and is a Buffer again", () => {
    const whole = Buffer.from("whole");
    const part = whole.slice(1, -1);
    part[0] = "H".charCodeAt(0);
    expect([Buffer.isBuffer(part), whole.toString(), part.toString()]).toEqual([true, "wHole", "Hol"]);
    expect(Buffer.isBuffer(new Uint8Array(1))).toBe(false);
  });
});

test("an encoding that it does not know is refused", () => {
  expect(() => Buffer.from("é", "latin1")).toThrow(RangeError);
  expect(() => Buffer.alloc(1).toString("binary")).toThrow(RangeError);
});
