/** How a hosted worker learns that a client is gone: by writing, and not before. */

type Handler = (request: Request) => Response | Promise<Response>;

/**
 * Makes `request.signal` fire when writing the answer fails, as in Supabase's Edge Runtime 1.74: a client that leaves before the
 * answer begins, or between two pieces of it, is not noticed until the next piece is there.
 */
export function withLateSignal(handler: Handler): Handler {
  return async (request) => {
    const connection = request.signal;
    const late = new AbortController();
    Object.defineProperty(request, "signal", { value: late.signal });
    const answer = await handler(request);
    if (!answer.body) return answer;
    const body = written(answer.body, () => late.abort());
    if (!connection.aborted) return new Response(body, answer);
    // The first thing that is written is the head.
    await body.cancel();
    return new Response(null, answer);
  };
}

/** The body, of which each piece is written before the next is asked for. */
function written(body: ReadableStream<Uint8Array>, onFailure: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let isWaiting = false;
  const fail = async (reason: unknown) => {
    onFailure();
    await reader.cancel(reason);
  };
  return new ReadableStream(
    {
      async pull(controller) {
        isWaiting = true;
        const { done, value } = await reader.read();
        isWaiting = false;
        try {
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          // The connection was closed while the piece was waited for.
          if (!done) await fail(error);
        }
      },
      async cancel(reason) {
        if (!isWaiting) await fail(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
