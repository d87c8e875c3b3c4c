/** The edit of a config.toml, as the Supabase CLI in its two versions writes and reads it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { uneditConfig } from "../../../cli/lib/install/config-removal.ts";
import { editConfig } from "../../../cli/lib/install/config-toml.ts";
import { clis, supabase } from "../supabase-cli.ts";
import { makeFolder } from "./project.ts";

const wanted = { functionName: "byok", schema: "byok" };

describe.each(clis)("version $version of the Supabase CLI", (cli) => {
  /** Any command that reads the file. */
  const load = (workdir: string) =>
    supabase(cli, workdir, workdir, "gen", "signing-key", "--algorithm", "ES256", "--yes");

  test("reads the edited file that its `init` writes", async () => {
    const folder = makeFolder({});
    await supabase(cli, folder, folder, "init", "--yes");
    const file = path.join(folder, "supabase/config.toml");
    const before = readFileSync(file, "utf8");
    const { text, edit } = editConfig(before, wanted);
    expect(uneditConfig(text, edit).text).toBe(before);
    writeFileSync(file, text);
    await load(folder);
  });

  test("reads an edited file of inline tables and dotted keys", async () => {
    const folder = makeFolder({});
    mkdirSync(path.join(folder, "supabase"));
    const before = "api = { enabled = true }\nfunctions.hello.verify_jwt = true\n";
    writeFileSync(path.join(folder, "supabase/config.toml"), editConfig(before, wanted).text);
    await load(folder);
  });
});
