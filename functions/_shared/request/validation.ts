/** Bodies of `save` and `verify`, checked by zod. */
import type * as z from "zod/mini";
import { ByokError } from "../errors.ts";

/** Longest body of `save` and `verify`, in bytes. */
export const maxBody_bytes = 8 * 1024;

/** RFC 9562, in either case. */
export const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether an unknown field is named as fields are, so that a refusal may name it: what else stands there may be an API key. */
export function isFieldName(text: string): boolean {
  return /^[a-z_]{1,32}$/i.test(text);
}

/**
 * A body of the form the schema says.
 *
 * @throws ByokError `invalid_request` naming the field. The value is not repeated.
 */
export function parse<T>(schema: z.ZodMiniType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys.find(isFieldName) : undefined;
  const field = issue?.path.join(".") || unknown || "body";
  throw new ByokError("invalid_request", {
    message: `The field ${field} is missing, unknown or not valid.`,
    details: { field },
  });
}
