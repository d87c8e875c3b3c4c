/** Serves one function as a hosted isolate would: `deno run server.ts <port> <file>`. */
const [port, file] = Deno.args;
const { default: served } = await import(file ?? "");
Deno.serve({ port: Number(port), hostname: "127.0.0.1", onListen: () => console.log("listening") }, served.fetch);
