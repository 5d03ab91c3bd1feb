/**
 * Writes src/schema.ts, the shapes that src refers to, from the gateway's OpenAPI document:
 * `node scripts/schema.mjs [openapi.json] [--check]`.
 * Without a file the document is made by scripts/openapi.py. With --check nothing is written; stale is exit 1.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { argv, env, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { keep } from "./keep.mjs";
import { declared } from "./schema-types.mjs";

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const files = argv.slice(2).filter((argument) => !argument.startsWith("--"));
const text = files[0] === undefined ? fromGateway() : readFileSync(files[0], "utf8");
const target = here("../src/schema.ts");
exit(keep(target, declared(JSON.parse(text).components.schemas, wanted()), "npm run schema"));

/** @returns {string[]} */
function wanted() {
  const modules = readdirSync(here("../src"), { recursive: true, encoding: "utf8" })
    .map((name) => here(`../src/${name}`))
    .filter((path) => path.endsWith(".ts") && path !== target);
  return modules.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/Schemas\["(\w+)"\]/g)].map(([, name = ""]) => name)
  );
}

/** @returns {string} */
function fromGateway() {
  const own = here("../../.venv/bin/python");
  const python = env["PYTHON"] ?? (existsSync(own) ? own : "python3");
  return execFileSync(python, [here("openapi.py")], { encoding: "utf8", maxBuffer: 50_000_000 });
}
