/** The source files of functions/ as syntax trees, as far as house rules ask about them. */
import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseAst } from "vitest/node";

export const root = join(import.meta.dirname, "../..");

export interface Source {
  /** Relative to functions/, as in `_shared/relay.ts`. */
  readonly path: string;
  /** Its imports and re-exports, types included, as written. */
  readonly imports: readonly string[];
  /** Those of them that are there when it runs: types are not. */
  readonly valueImports: readonly string[];
  /** Every identifier, property names included. */
  readonly names: ReadonlySet<string>;
}

/** Every source file of functions/, and of the folders beside it that they import. */
export function readSources(): Source[] {
  const functions = join(root, "functions");
  const sources = "**/*.{ts,tsx,js,mjs,cjs}";
  const paths = [
    ...globSync(sources, { cwd: functions }),
    ...["catalogue", "protocol"].flatMap((folder) =>
      globSync(sources, { cwd: join(root, folder) }).map((path) => `../${folder}/${path}`),
    ),
  ];
  return paths.map((path) => scan(path, readFileSync(join(functions, path), "utf8")));
}

/** Imports and names in a TypeScript text. A module that only the running program knows is listed as `<computed>`. */
export function scan(path: string, text: string): Source {
  const imports: string[] = [];
  const valueImports: string[] = [];
  const names = new Set<string>();
  const pending: unknown[] = [parseAst(text, { lang: path.endsWith("x") ? "tsx" : "ts" })];
  while (pending.length > 0) {
    const node = pending.pop();
    if (typeof node !== "object" || node === null) continue;
    pending.push(...Object.values(node).reverse());
    if (!("type" in node)) continue;
    const imported = moduleOf(node);
    if (imported !== undefined) imports.push(imported);
    if (imported !== undefined && !isOfTypes(node)) valueImports.push(imported);
    if ((node.type === "Identifier" || node.type === "JSXIdentifier") && "name" in node) names.add(String(node.name));
    if (node.type === "MetaProperty") names.add("import.meta");
  }
  return { path, imports, valueImports, names };
}

/** The file that a relative import means, relative to functions/. */
export function targetOf(from: Source, specifier: string): string {
  return posix.join(posix.dirname(from.path), specifier);
}

const importing = [
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
  "TSExternalModuleReference",
];

function moduleOf(node: object): string | undefined {
  const { type, source, expression, callee, arguments: given } = node as Record<string, unknown>;
  const isRequire = type === "CallExpression" && (callee as { name?: unknown }).name === "require";
  if (isRequire) return literal((given as unknown[])[0]);
  if (!importing.includes(String(type))) return undefined;
  // `export { a };` has no source.
  if (type === "ExportNamedDeclaration" && !source) return undefined;
  return literal(source ?? expression);
}

function isOfTypes(node: object): boolean {
  const { type, importKind, exportKind } = node as Record<string, unknown>;
  return importKind === "type" || exportKind === "type" || type === "TSImportType";
}

function literal(node: unknown): string {
  const value = (node as { value?: unknown } | undefined)?.value;
  return typeof value === "string" ? value : "<computed>";
}
