/**
 * Writes wokgen.ts, the whole client in one file: every module of src once, after the modules it imports. Only the
 * exports of src/index.ts stay exports. With --check nothing is written, and a stale file is exit 1.
 *
 * This works because the modules import and export by name, and because no two modules declare the same name.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";

const IMPORT = /^import (?:type )?\{[^}]*\} from "(\.[^"]+)";\n/gm;
const REEXPORT = /^export (type )?\{([^}]*)\} from "(\.[^"]+)";\n/gm;
const DECLARATION = /^(export )?((?:async )?function\*?|class|const|interface|type) (\w+)/gm;
const HEAD = `/**
 * @wokspec/sdk in one file: a client of the WokGen and WOWFLOW APIs for Node 20+, Deno and browsers.
 * Generated from sdk/src by scripts/bundle.mjs; do not edit. The class WokGenClient is near the end.
 */
`;

const root = new URL("../src/", import.meta.url);
const index = readFileSync(new URL("index.ts", root), "utf8");
/** @type {Map<string, string>} */
const modules = new Map();
/** Name in the index → whether it is exported as a type only. */
const names = new Map(
  [...index.matchAll(REEXPORT)].flatMap(([, onlyTypes, listed = "", path = ""]) => {
    include(new URL(path, root));
    const listing = listed.split(",").map((name) => name.trim()).filter(Boolean);
    return listing.map((name) => [name.replace(/^type /, ""), Boolean(onlyTypes) || name.startsWith("type ")]);
  }),
);
const aliases = [...names.keys()].filter((name) => name.includes(" as "));
const declared = [...modules.values()].flatMap((text) => [...text.matchAll(DECLARATION)].map((found) => found[3]));
const doubles = declared.filter((name, index) => declared.indexOf(name) !== index);
if (doubles.length > 0) throw new Error(`More than one module declares ${doubles.join(", ")}.`);

/** Classes that are exported as types. @type {string[]} */
const typesOnly = [];
const parts = [...modules].map(([path, text]) => `\n// ${path}\n\n${hideExports(text).trim()}\n`);
const last = [list("export", aliases), list("export type", typesOnly.sort())].filter(Boolean)
  .map((line) => `\n${line}`);
const target = fileURLToPath(new URL("../wokgen.ts", import.meta.url));
const bundle = HEAD + [...parts, ...last].join("");
if (!argv.includes("--check")) {
  writeFileSync(target, bundle);
} else if (readFileSync(target, "utf8") !== bundle) {
  console.error(`${target} is stale: run \`npm run build\`.`);
  exit(1);
}

/**
 * Adds a module after the modules it imports.
 * @param {URL} url
 */
function include(url) {
  const path = url.pathname.slice(root.pathname.length);
  if (modules.has(path)) return;
  const text = readFileSync(url, "utf8");
  for (const [, imported = ""] of text.matchAll(IMPORT)) include(new URL(imported, url));
  const bare = text.replaceAll(IMPORT, "");
  const unsupported = /^(import|export (?!((async )?function\*?|class|const|interface|type) \w)).*/m.exec(bare);
  if (unsupported) throw new Error(`${path}: cannot bundle ${unsupported[0]}`);
  modules.set(path, bare);
}

/**
 * Removes the exports that index.ts does not pass on.
 * @param {string} text
 */
function hideExports(text) {
  return text.replaceAll(DECLARATION, (whole, _, kind, name) => {
    const onlyType = names.get(name);
    if (onlyType && kind === "class") typesOnly.push(name);
    return onlyType === undefined || (onlyType && kind === "class") ? `${kind} ${name}` : whole;
  });
}

/**
 * @param {string} word
 * @param {string[]} listed
 */
function list(word, listed) {
  return listed.length > 0 ? `${word} { ${listed.join(", ")} };\n` : "";
}
