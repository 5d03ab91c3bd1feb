/**
 * Writes wokgen.ts, the whole client in one file: every module of src once, after those it imports, with nothing
 * exported but what src/index.ts exports. With --check nothing is written; stale is exit 1.
 *
 * The modules keep to what makes this simple: they import and export by name, and no two use the same name.
 */
import { readFileSync } from "node:fs";
import { exit } from "node:process";
import { fileURLToPath } from "node:url";
import { keep } from "./keep.mjs";

const IMPORT = /^import (?:type )?\{[^}]*\} from "(\.[^"]+)";\n/gm;
const REEXPORT = /^export (type )?\{([^}]*)\} from "(\.[^"]+)";\n/gm;
const DECLARATION = /^(export )?((?:async )?function|class|const|interface|type) (\w+)/gm;
const HEAD = `/**
 * @wokspec/sdk in one file: a client of the WokGen and WOWFLOW APIs for Node 20+, Deno and browsers.
 * Generated from the modules of the SDK by its scripts/bundle.mjs; change those. The class WokGenClient is near the end.
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
const doubles = declared.filter((name, place) => declared.indexOf(name) !== place);
if (doubles.length > 0) throw new Error(`More than one module declares ${doubles.join(", ")}.`);

/** Classes that are exported as types. @type {string[]} */
const shown = [];
const parts = [...modules].map(([path, text]) => `\n// ${path}\n\n${hidden(text).trim()}\n`);
const last = [list("export", aliases), list("export type", shown.sort())].filter(Boolean).map((line) => `\n${line}`);
exit(
  keep(fileURLToPath(new URL("../wokgen.ts", import.meta.url)), HEAD + [...parts, ...last].join(""), "npm run build"),
);

/**
 * Adds a module after what it imports.
 * @param {URL} url
 */
function include(url) {
  const path = url.pathname.slice(root.pathname.length);
  if (modules.has(path)) return;
  const text = readFileSync(url, "utf8");
  for (const [, imported = ""] of text.matchAll(IMPORT)) include(new URL(imported, url));
  const bare = text.replaceAll(IMPORT, "");
  const strange = /^(import|export (?!(async function|function|class|const|interface|type) \w)).*/m.exec(bare);
  if (strange) throw new Error(`${path}: cannot bundle ${strange[0]}`);
  modules.set(path, bare);
}

/**
 * A module without the exports that index.ts does not pass on.
 * @param {string} text
 */
function hidden(text) {
  return text.replaceAll(DECLARATION, (whole, _, kind, name) => {
    const onlyType = names.get(name);
    if (onlyType && kind === "class") shown.push(name);
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
