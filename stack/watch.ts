import { watch } from "node:fs";

export interface Watcher {
  /** Waits for what has begun; nothing begins after it. */
  close(): Promise<void>;
}

/** Editors write a file in several steps, and git writes many files: one change is when nothing has changed for so long. */
const quiet_ms = 200;

/** Calls back after each change below the folders, once at a time. What the callback throws goes to `log`. */
export function watchFolders(
  folders: readonly string[],
  onChange: () => Promise<void>,
  log: (line: string) => void,
): Watcher {
  let timer: NodeJS.Timeout | undefined;
  let work = Promise.resolve();
  const begin = () => {
    work = work.then(onChange).catch((error: Error) => log(error.message));
  };
  const watchers = folders.map((folder) =>
    watch(folder, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(begin, quiet_ms);
    }),
  );
  return {
    async close() {
      for (const watcher of watchers) watcher.close();
      clearTimeout(timer);
      await work;
    },
  };
}
