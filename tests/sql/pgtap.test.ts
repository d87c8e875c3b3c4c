/** The pgTAP files on the stack that all tests share. */
import { inject } from "vitest";
import { testWithPgTap } from "./pgtap.ts";

testWithPgTap(() => inject("stack"));
