import { existsSync } from "node:fs";
import path from "node:path";
import { watchFolders } from "../watch.ts";
import type { Functions } from "./functions.ts";
import { startWorkers, type WorkersOptions } from "./worker-life.ts";

/**
 * Runs the functions as startWorkers() does, and restarts them when their sources change. Requests go to the new process as
 * soon as it listens. The old one then ends, and cuts off the requests that it still answers. It stays if the new one does not
 * start.
 *
 * @throws when Deno does not come up at first
 */
export async function startWatchedFunctions(options: WorkersOptions): Promise<Functions> {
  let current = await startWorkers(options);
  const ended = Promise.withResolvers<number | null>();
  const follow = (functions: Functions) =>
    void functions.ended.then((code) => functions === current && ended.resolve(code));
  follow(current);
  const restart = async () => {
    const before = current;
    current = await startWorkers(options);
    follow(current);
    options.log("The functions have restarted.");
    await before.stop();
  };
  const watcher = watchFolders(sourceFolders(options), restart, options.log);
  return {
    get port() {
      return current.port;
    },
    get pid() {
      return current.pid;
    },
    ended: ended.promise,
    takeRequest: () => current.takeRequest(),
    async kill() {
      await watcher.close();
      await current.kill();
    },
    async stop() {
      await watcher.close();
      await current.stop();
    },
  };
}

/** The folders that hold the functions, with those beside them that they import. */
function sourceFolders({ config, supabaseDir }: WorkersOptions): string[] {
  const entrypoints = Object.values(config.functions).map(({ entrypoint }) => path.resolve(supabaseDir, entrypoint));
  const folders = new Set(entrypoints.map((file) => path.dirname(path.dirname(file))));
  const imported = [...folders]
    .flatMap((folder) => ["catalogue", "protocol"].map((name) => path.join(folder, "..", name)))
    .filter((folder) => existsSync(folder));
  return [...folders, ...imported];
}
