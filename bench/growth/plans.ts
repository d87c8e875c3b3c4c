/** How Postgres did what it was asked, statements inside functions and cascades included: by auto_explain. */
import type { Cluster } from "./databases.ts";
import type { Operation } from "./operations.ts";
import { once, type Site } from "./sessions.ts";

export interface Plan {
  /** Each way a table was reached, as in `Index Scan accounts_pkey on accounts`, once. */
  readonly scans: readonly string[];
  /** 8 kB pages that were looked at, in memory or not. */
  readonly buffers: number;
}

/** Plans of prepared statements settle after five executions. */
const executionsBefore = 10;

/** Tables that grow with users or calls; the others have a few rows, which are best read from end to end. */
const growing = /\b(users|credentials|envelopes|accounts|holds|entries)$/;

/** Does an operation several times on a session of its own, and explains the last. */
export async function explain(cluster: Cluster, { database, users }: Site, operation: Operation): Promise<Plan> {
  const client = await cluster.connect(database);
  try {
    await client.query("load 'auto_explain'");
    await client.query(`set auto_explain.log_min_duration = 0; set auto_explain.log_level = notice;
      set auto_explain.log_format = json; set auto_explain.log_nested_statements = on;
      set auto_explain.log_analyze = on; set auto_explain.log_buffers = on; set role ${operation.role}`);
    let statements: Statement[] = [];
    client.on("notice", ({ message = "" }) => {
      if (message.includes("plan:")) statements.push(JSON.parse(message.slice(message.indexOf("{"))));
    });
    for (let execution = 0; execution <= executionsBefore; execution++) {
      statements = [];
      await once(operation, users, client);
    }
    return summary(statements);
  } finally {
    await client.end();
  }
}

/** Which scans read a whole table that grows. */
export function wholeTables({ scans }: Plan): string[] {
  return scans.filter((scan) => scan.startsWith("Seq Scan") && growing.test(scan));
}

interface Node {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Shared Hit Blocks": number;
  "Shared Read Blocks": number;
  Plans?: Node[];
}

interface Statement {
  "Query Text": string;
  Plan: Node;
}

function summary(statements: readonly Statement[]): Plan {
  const scans = new Set<string>();
  let buffers = 0;
  for (const { Plan: root } of statements) {
    const found = nodesOf(root).flatMap(describe);
    // A statement that reaches no table itself calls functions, whose statements are counted on their own.
    if (found.length > 0) buffers += root["Shared Hit Blocks"] + root["Shared Read Blocks"];
    for (const scan of found) scans.add(scan);
  }
  return { scans: [...scans], buffers };
}

function nodesOf(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

function describe(node: Node): string[] {
  const { "Node Type": type, "Relation Name": table, "Index Name": index } = node;
  if (!table && !index) return [];
  return [[type, index, table && `on ${table}`].filter(Boolean).join(" ")];
}
