export interface Progress {
  /** So many more are done. */
  add(count: number): void;
  /** Leaves the terminal clean. */
  end(): void;
}

const barWidth = 30;

/** Shows how far some work has come: a bar on a terminal, and elsewhere a line for each tenth. */
export function showProgress(total: number, what: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  let done = 0;
  const counted = () => `${done} of ${Math.max(total, done)} ${what}`;
  return {
    add(count) {
      const tenths = Math.floor((done / total) * 10);
      done += count;
      const share = Math.min(1, done / total);
      if (stream.isTTY) {
        const bar = "#".repeat(Math.round(share * barWidth)).padEnd(barWidth, ".");
        stream.write(`\r\x1b[K[${bar}] ${counted()}`);
      } else if (Math.floor(share * 10) > tenths) {
        stream.write(`${counted()}\n`);
      }
    },
    end() {
      if (stream.isTTY) stream.write("\r\x1b[K");
    },
  };
}
