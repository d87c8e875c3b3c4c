/** The pgTAP files on the stack that tests share. */
import { stack } from "../harness/worker-stack.ts";
import { testWithPgTap } from "./helpers/pgtap.ts";

testWithPgTap(() => stack);
