/**
 * A provider that answers at once, run by Deno: `deno run provider.ts <port>`. What it answers stands in the question:
 * `json <bytes>`, or `stream <events> <ms between them>`. It reads the whole question, and checks nothing.
 */
const bodies = new Map<number, Uint8Array<ArrayBuffer>>();
const event = new TextEncoder().encode(
  `data: ${JSON.stringify({ choices: [{ delta: { content: "word ".repeat(8) } }] })}\n\n`,
);
const done = new TextEncoder().encode("data: [DONE]\n\n");

function jsonOf(bytes: number): Uint8Array<ArrayBuffer> {
  let body = bodies.get(bytes);
  if (!body) {
    const frame = JSON.stringify({
      id: "chatcmpl-1",
      object: "chat.completion",
      choices: [{ message: { content: "" } }],
    });
    body = new TextEncoder().encode(frame.replace('""', `"${"x".repeat(Math.max(0, bytes - frame.length))}"`));
    bodies.set(bytes, body);
  }
  return body;
}

function streamOf(events: number, gap_ms: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (gap_ms > 0 && sent > 0) await new Promise((resolve) => setTimeout(resolve, gap_ms));
      if (sent++ < events) return controller.enqueue(event);
      controller.enqueue(done);
      controller.close();
    },
  });
}

Deno.serve(
  { port: Number(Deno.args[0]), hostname: "127.0.0.1", onListen: () => console.log("listening") },
  async (request) => {
    const question = await request.text();
    const stream = /stream (\d+) (\d+)/.exec(question);
    if (stream) {
      const headers = { "content-type": "text/event-stream" };
      return new Response(streamOf(Number(stream[1]), Number(stream[2])), { headers });
    }
    const body = jsonOf(Number(/json (\d+)/.exec(question)?.[1] ?? 0));
    return new Response(body, { headers: { "content-type": "application/json" } });
  },
);
