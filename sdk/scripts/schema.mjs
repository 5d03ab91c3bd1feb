/**
 * Writes src/schema.ts, the types that src refers to, from the gateway's OpenAPI document:
 * `node scripts/schema.mjs [openapi.json] [--check]`.
 * Without a file, scripts/openapi.py makes the document. With --check nothing is written, and a stale file is exit 1.
 *
 * The first line of src/schema.ts holds a digest of its schemas and its types. So the check needs Node alone; only
 * writing needs openapi-typescript, which is imported then.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { argv, env, exit } from "node:process";
import { fileURLToPath } from "node:url";

/** @typedef {{[keyword: string]: any}} Schema */

const HEAD =
  "/** The JSON of the API and its webhooks. Generated from the gateway's OpenAPI document by scripts/schema.mjs. */\n";
const REFERENCE = /"\$ref":"#\/components\/schemas\/([^"]+)"/g;

const resolve = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const target = resolve("../src/schema.ts");
const file = argv.slice(2).find((argument) => !argument.startsWith("--"));
const document = JSON.parse(file === undefined ? readGateway() : readFileSync(file, "utf8"));
const schemas = pick(document.components.schemas, findNames());

if (argv.includes("--check")) {
  const [first = "", ...rest] = readFileSync(target, "utf8").split("\n");
  if (first !== digest(rest.join("\n"))) {
    console.error(`${target} is stale: run \`npm run schema\`.`);
    exit(1);
  }
} else {
  const types = HEAD + await print();
  writeFileSync(target, `${digest(types)}\n${types}`);
}

/**
 * The first line of a file with these types.
 * @param {string} types
 */
function digest(types) {
  return `// sha256:${createHash("sha256").update(JSON.stringify(schemas)).update(types).digest("hex")}`;
}

/** The names of the schemas that the modules of src refer to. */
function findNames() {
  const modules = readdirSync(resolve("../src"), { recursive: true, encoding: "utf8" })
    .map((name) => resolve(`../src/${name}`))
    .filter((path) => path.endsWith(".ts") && path !== target);
  return modules.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/Schemas\["(\w+)"\]/g)].map(([, name = ""]) => name)
  );
}

/**
 * The named schemas and those that they refer to, sorted by name.
 * @param {Record<string, Schema>} all
 * @param {string[]} names
 */
function pick(all, names) {
  /** @type {Map<string, Schema>} */
  const picked = new Map();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (picked.has(name)) continue;
    const schema = all[name];
    if (schema === undefined) throw new Error(`The document has no schema ${name}.`);
    picked.set(name, explain(schema));
    open.push(...[...JSON.stringify(schema).matchAll(REFERENCE)].map(([, referred = ""]) => referred));
  }
  return Object.fromEntries([...picked].sort(([a], [b]) => a < b ? -1 : 1));
}

/**
 * A schema whose fields also name their bounds in their description, because a type cannot.
 * @param {Schema} schema
 * @returns {Schema}
 */
function explain(schema) {
  const fields = Object.entries(schema["properties"] ?? {}).map(([name, field]) => {
    const { minimum, maximum } = { ...field, ...field.anyOf?.[0] };
    const bounded = Math.abs(minimum) < 1e9 && Math.abs(maximum) < 1e9;
    return [name, bounded ? { ...field, description: `${field.description} ${minimum} to ${maximum}.` } : field];
  });
  return fields.length > 0 ? { ...schema, properties: Object.fromEntries(fields) } : schema;
}

/** The interface `Schemas`, formatted. */
async function print() {
  const { default: openapiTS, astToString } = await import("openapi-typescript");
  const { default: ts } = await import("typescript");
  const part = JSON.stringify({ openapi: "3.1.0", info: document.info, paths: {}, components: { schemas } });
  const nodes = await openapiTS(part, { defaultNonNullable: false, silent: true });
  const components = nodes.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === "components");
  const member = /** @type {import("typescript").InterfaceDeclaration} */ (components).members[0];
  const { type } = /** @type {import("typescript").PropertySignature} */ (member);
  const { members } = /** @type {import("typescript").TypeLiteralNode} */ (type);
  const exported = [ts.factory.createModifier(ts.SyntaxKind.ExportKeyword)];
  const schema = ts.factory.createInterfaceDeclaration(exported, "Schemas", undefined, undefined, members);
  const input = astToString([schema])
    .replaceAll('components["schemas"]', "Schemas")
    .replaceAll(/^ *\* (@(enum|constant|default)|Format:).*\n/gm, "")
    .replaceAll(/\/\*\*\n *\* (.*)\n *\*\//g, "/** $1 */")
    .replaceAll("@description ", "");
  const format = ["fmt", "--config", resolve("../deno.json"), "--ext", "ts", "-"];
  const formatted = (/** @type {string} */ text) =>
    execFileSync(resolve("../node_modules/.bin/deno"), format, { input: text, encoding: "utf8" });
  return formatted(formatted(input)); // the formatter changes some of its own output once more
}

/** @returns {string} */
function readGateway() {
  const own = resolve("../../.venv/bin/python");
  const python = env["PYTHON"] ?? (existsSync(own) ? own : "python3");
  return execFileSync(python, [resolve("openapi.py")], { encoding: "utf8", maxBuffer: 50_000_000 });
}
