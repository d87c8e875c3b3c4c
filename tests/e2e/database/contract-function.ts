/** An Edge Function that does to the database what a test asks for, with the functions' own code. Only tests ever deploy it. */
import { dataApi } from "../../../functions/_shared/database/data-api.ts";
import { direct } from "../../../functions/_shared/database/direct.ts";
import type { Database } from "../../../functions/_shared/database/types.ts";
import { readEnv } from "../../../functions/_shared/env.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";

const { directDatabase, supabaseUrl, secretKey } = readEnv();
const database = directDatabase ? direct(directDatabase) : dataApi(supabaseUrl, secretKey);

export interface Errand {
  readonly method: keyof Database;
  readonly parameters: readonly unknown[];
}

export type Outcome =
  | { readonly value: unknown }
  | { readonly code: ByokError["code"]; readonly message: string; readonly details: Record<string, unknown> };

export default {
  async fetch(request: Request): Promise<Response> {
    const { method, parameters } = (await request.json()) as Errand;
    const work = database[method] as (...parameters: readonly unknown[]) => Promise<unknown>;
    try {
      return Response.json({ value: (await work(...parameters)) ?? null } satisfies Outcome);
    } catch (error) {
      if (!(error instanceof ByokError)) throw error;
      const { code, message, details } = error;
      return Response.json({ code, message, details } satisfies Outcome);
    }
  },
};
