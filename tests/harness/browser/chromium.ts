/** A Chromium for the tests. On Linux x64 it comes from npm, libraries and fonts included; elsewhere it is the installed Chrome. */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { type BrowserServer, chromium, type LaunchOptions } from "playwright-core";

/**
 * Starts a headless Chromium that keeps its files in `folder`.
 *
 * The program is that of the environment variable CHROME_PATH if it is set.
 */
export async function startChromium(folder: string): Promise<BrowserServer> {
  return await chromium.launchServer({
    // As root, and in most containers, the sandbox cannot start. All it shows is the page of this repository.
    args: ["--no-sandbox", "--disable-background-networking", "--font-render-hinting=none"],
    ...(await program(folder)),
  });
}

async function program(folder: string): Promise<LaunchOptions> {
  if (process.env.CHROME_PATH) return { executablePath: process.env.CHROME_PATH };
  if (process.platform !== "linux" || process.arch !== "x64") return { channel: "chrome" };
  // The package unpacks into the folder for temporary files, under fixed names.
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  try {
    const { default: packed, inflate } = await import("@sparticuz/chromium");
    const bin = path.join(path.dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "../bin");
    const [executablePath] = await Promise.all([packed.executablePath(), inflate(path.join(bin, "al2023.tar.br"))]);
    return { executablePath, env: { ...process.env, ...libraries(folder), TMPDIR: folder } };
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
}

/** Gaps in a bare Linux: the libraries that Chromium is linked with, and a font. */
function libraries(folder: string): Record<string, string> {
  const fonts = path.join(folder, "fonts.conf");
  const settings = [
    ...[`${folder}/fonts`, "/usr/share/fonts"].map((from) => `<dir>${from}</dir>`),
    `<cachedir>${folder}/fonts-cache</cachedir>`,
    ...Object.entries({ "sans-serif": "Open Sans", "system-ui": "Open Sans", monospace: "DejaVu Sans Mono" }).map(
      ([family, font]) => `<alias><family>${family}</family><prefer><family>${font}</family></prefer></alias>`,
    ),
  ];
  writeFileSync(fonts, `<!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${settings.join("")}</fontconfig>`);
  return { LD_LIBRARY_PATH: path.join(folder, "al2023", "lib"), FONTCONFIG_FILE: fonts };
}
