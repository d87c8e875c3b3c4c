/** Writes the plan that stands as JSON in the file that it is given. */
import { readFileSync } from "node:fs";
import { writeAll } from "../../../cli/lib/install/write.ts";

writeAll(JSON.parse(readFileSync(process.argv[2]!, "utf8")));
