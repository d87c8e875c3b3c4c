import { isPackaged } from "../typed.ts";

/** Options of the commands that run the project. */
export const localOptions = {
  reset: { type: "boolean", summary: "deletes all data first, and invents new keys" },
  "data-api": {
    type: "boolean",
    summary: "the functions reach the database by the Data API, not by a connection of their own",
  },
  state: {
    type: "string",
    value: "<folder>",
    summary: `keeps data and keys there instead of in ${isPackaged ? ".temp/byok in the supabase folder" : ".stack"}`,
  },
  "api-port": {
    type: "string",
    value: "<port>",
    summary: "instead of 54321; 0 is any free port",
  },
  "db-port": { type: "string", value: "<port>", summary: "instead of 54322; likewise" },
} as const;
