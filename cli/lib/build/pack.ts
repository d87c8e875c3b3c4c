/** The tarball of the package, as npm makes it. */
import { execFileSync } from "node:child_process";
import path from "node:path";

export interface Packed {
  readonly tarball: string;
  /** As `npm pack` lists them, in bytes. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly packed_bytes: number;
  readonly unpacked_bytes: number;
}

interface NpmAnswer {
  readonly filename: string;
  readonly files: Packed["files"];
  readonly size: number;
  readonly unpackedSize: number;
}

/**
 * @param dir a built package
 * @param folder gets the tarball
 */
export function pack(dir: string, folder: string): Packed {
  const printed = execFileSync("npm", ["pack", dir, "--json", "--pack-destination", folder], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A list, or since npm 12 an object by package.
  const answer = JSON.parse(printed) as NpmAnswer[] | Record<string, NpmAnswer>;
  const [{ filename, files, size, unpackedSize }] = Object.values(answer) as [NpmAnswer];
  return { tarball: path.join(folder, filename), files, packed_bytes: size, unpacked_bytes: unpackedSize };
}
