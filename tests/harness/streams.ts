/** Reading what comes piece by piece. */

/** All items of a stream, once it has ended. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Reads a body until what has come holds a text, and leaves the rest unread. Throws if the body ends before. */
export async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, wanted: string): Promise<string> {
  const decoder = new TextDecoder();
  let read = "";
  while (!read.includes(wanted)) {
    const { done, value } = await reader.read();
    if (done) throw new Error("The body ended before the awaited text came.");
    read += decoder.decode(value, { stream: true });
  }
  return read;
}

/** Reads a body as far as it goes: its text, and whether it came to a proper end or broke off. */
export async function readToEnd(response: Response): Promise<{ text: string; isWhole: boolean }> {
  let text = "";
  try {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    return { text, isWhole: true };
  } catch {
    return { text, isWhole: false };
  }
}
