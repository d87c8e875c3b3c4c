/**
 * A proxy that does one thing with a streamed body: `deno run proxy.ts <port> <origin> <way>`, where the way is `handed on` (the
 * body is not touched), `in JavaScript` (every chunk is read and written, nothing else) or `on credits` (as `call` does).
 */
import { watchAnswer } from "../../functions/_shared/relay/answer.ts";
import { formOf } from "../../functions/_shared/relay/dialects.ts";
import { sourceOf } from "../../functions/_shared/relay/source.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const [port, origin, way = ""] = Deno.args;

const ways: Readonly<Record<string, (answer: Response, path: string) => ReadableStream<Bytes>>> = {
  "handed on": ({ body }) => body!,
  "in JavaScript"({ body }) {
    const reader = body!.getReader();
    return new ReadableStream(
      {
        async pull(controller) {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
  },
  "on credits": (answer, path) =>
    watchAnswer(sourceOf(answer.body!), {
      form: formOf(path, answer),
      stallTimeout_ms: 60_000,
      charged: Promise.resolve(),
      onEnd: () => undefined,
    }),
};

Deno.serve({ port: Number(port), hostname: "127.0.0.1", onListen: () => console.log("listening") }, async (request) => {
  const { pathname } = new URL(request.url);
  const headers = { authorization: "Bearer sk-platform", "content-type": "application/json" };
  const answer = await fetch(`${origin}${pathname}`, { method: request.method, headers, body: request.body });
  const body = ways[way]!(answer, pathname);
  return new Response(body, { headers: { "content-type": answer.headers.get("content-type") ?? "" } });
});
