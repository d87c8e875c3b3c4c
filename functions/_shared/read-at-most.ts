/** Reading no more of an answer than what is asked for. */

/** The text of a response, cut off at `maxLength` characters. Throws when the signal is aborted before its end. */
export async function readAtMost(response: Response, maxLength: number, signal?: AbortSignal): Promise<string> {
  let text = "";
  if (!response.body) return text;
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream(), signal ? { signal } : {})) {
    text += chunk;
    if (text.length >= maxLength) return text.slice(0, maxLength);
  }
  return text;
}
