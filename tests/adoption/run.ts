/**
 * Takes the package home: builds and packs it, and puts the tarball into projects as people have them. It downloads what those projects
 * need, and takes minutes.
 *
 *     npm run test:adoption               all projects
 *     npm run test:adoption -- next vite  those whose name contains one of the words
 *
 * Prints a table, and exits with 1 when a project fails. What a failed one left is kept, and named.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pack } from "../../cli/lib/build/pack.ts";
import { buildPackage } from "../../cli/lib/build/package.ts";
import { type Fixture, Project } from "./fixture.ts";
import { fixtures } from "./fixtures/index.ts";

const words = process.argv.slice(2);
const chosen = fixtures.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-adoption-")));
const dir = path.join(folder, "package");
await buildPackage(dir);
mkdirSync(path.join(folder, "tarball"));
const { tarball, packed_bytes, unpacked_bytes, files } = pack(dir, path.join(folder, "tarball"));
console.log(
  `${path.basename(tarball)}: ${files.length} files, ${packed_bytes} bytes packed, ${unpacked_bytes} unpacked\n`,
);

let failures = 0;
for (const fixture of chosen) {
  const began = performance.now();
  const { isDone, seen } = await attempt(fixture);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${isDone ? "ok    " : "failed"}  ${fixture.name.padEnd(22)}  ${seconds.padStart(4)} s  ${seen}`);
  if (!isDone) failures++;
}
if (failures === 0) rmSync(folder, { recursive: true, force: true });
else console.log(`\nThe projects are in ${folder}.`);
process.exitCode = failures === 0 ? 0 : 1;

async function attempt({ name, run }: Fixture): Promise<{ isDone: boolean; seen: string }> {
  try {
    const at = path.join(folder, name);
    const seen = await run(new Project(at, tarball));
    rmSync(at, { recursive: true, force: true });
    return { isDone: true, seen };
  } catch (error) {
    return { isDone: false, seen: (error as Error).message };
  }
}
