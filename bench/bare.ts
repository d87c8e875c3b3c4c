/** The least that a reverse proxy on Deno can do: `deno run bare.ts <port> <origin>`. Both bodies are handed on untouched. */
const [port, origin] = Deno.args;

Deno.serve({ port: Number(port), hostname: "127.0.0.1", onListen: () => console.log("listening") }, async (request) => {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers({ authorization: "Bearer sk-platform", "content-type": "application/json" });
  const answer = await fetch(`${origin}${pathname}${search}`, { method: request.method, headers, body: request.body });
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
});
