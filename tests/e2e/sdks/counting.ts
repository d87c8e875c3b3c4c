/**
 * A fetch for the SDKs that counts, to see whether an SDK retries. It is needed only where the function refuses,
 * since no provider's fake hears of it.
 */
export function countingFetch(): { fetch: typeof fetch; count(): number } {
  let count = 0;
  return {
    fetch: (...request) => {
      count++;
      return fetch(...request);
    },
    count: () => count,
  };
}
