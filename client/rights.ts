/** The rights of a user or team, from the row that the database answers. */
import type { Database } from "../protocol/schema.ts";
import type { Rights } from "./types.ts";

type RightsRow = Database["byok"]["Functions"]["read_rights"]["Returns"][number];

/** @param rows one row, or none, which gives no right */
export function rightsOf(rows: readonly RightsRow[] | null): Rights {
  const row = rows?.[0];
  return {
    mayBringKey: row?.may_bring_key === true,
    mayUseCredits: row?.may_use_credits === true,
    mayManageKeys: row?.may_manage_keys === true,
    isMember: row?.is_member === true,
  };
}
