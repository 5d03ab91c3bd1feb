/**
 * JSON Schema as TypeScript.
 * @typedef {{[keyword: string]: any}} Schema
 */

const HEAD = `/**
 * What the API and its webhooks send and take, generated from the gateway's OpenAPI document by scripts/schema.mjs.
 */
`;
const LINE_CHARS_MAX = 120;
/** @type {Record<string, string>} */
const PLAIN = { string: "string", integer: "number", number: "number", boolean: "boolean", null: "null" };

/**
 * One interface of the schemas that are wanted, and of those that they refer to.
 * @param {Record<string, Schema>} schemas
 * @param {string[]} wanted
 * @returns {string}
 */
export function declared(schemas, wanted) {
  /** @type {Map<string, string>} */
  const members = new Map();
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const schema = schemas[name];
    if (schema === undefined) throw new Error(`The document has no schema ${name}.`);
    if (members.has(name)) continue;
    members.set(name, member(name, schema, true, "  "));
    const references = JSON.stringify(schema).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    open.push(...[...references].map(([, referred = ""]) => referred));
  }
  const sorted = [...members].sort(([a], [b]) => a < b ? -1 : 1).map(([, text]) => text);
  return `${HEAD}export interface Schemas {\n${sorted.join("")}}\n`;
}

/**
 * @param {string} name
 * @param {Schema} schema
 * @param {boolean} required
 * @param {string} indent
 */
function member(name, schema, required, indent) {
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
  const told = comment([schema["description"], bounds(schema)].filter(Boolean).join(" "), indent);
  const line = `${indent}${key}${required ? "" : "?"}: ${type(schema, indent)};\n`;
  const fits = line.includes("{\n") || line.length <= LINE_CHARS_MAX + 1;
  return told + (fits ? line : line.replace(": ", " | ").replaceAll(" | ", `\n${indent}  | `).replace("\n", ":\n"));
}

/**
 * What the type cannot say.
 * @param {Schema} schema
 */
function bounds(schema) {
  const { minimum, maximum } = { ...schema, ...schema["anyOf"]?.[0] };
  return Math.abs(minimum) < 1e9 && Math.abs(maximum) < 1e9 ? `${minimum} to ${maximum}.` : "";
}

/**
 * @param {string} text
 * @param {string} indent
 */
function comment(text, indent) {
  if (text === "") return "";
  const words = text.replaceAll("*/", "* /").split(/\s+/);
  const line = `${indent}/** ${words.join(" ")} */\n`;
  if (line.length <= LINE_CHARS_MAX + 1) return line;
  const lines = [`${indent} *`];
  for (const word of words) {
    const last = lines.length - 1;
    if (`${lines[last]} ${word}`.length > LINE_CHARS_MAX) lines.push(`${indent} * ${word}`);
    else lines[last] += ` ${word}`;
  }
  return `${indent}/**\n${lines.join("\n")}\n${indent} */\n`;
}

/**
 * @param {Schema} schema
 * @param {string} indent
 * @returns {string}
 */
function type(schema, indent) {
  if (schema["$ref"]) return `Schemas["${schema["$ref"].split("/").at(-1)}"]`;
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (schema["enum"]) return union(schema["enum"].map((/** @type {unknown} */ one) => JSON.stringify(one)));
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (choices) return union(choices.map((/** @type {Schema} */ one) => type(one, indent)));
  if (Array.isArray(schema["type"])) return union(schema["type"].map((one) => type({ ...schema, type: one }, indent)));
  if (schema["type"] === "array") return `Array<${type(schema["items"] ?? {}, indent)}>`;
  if (schema["type"] === "object") return object(schema, indent);
  if (schema["type"] === undefined) return "unknown";
  const plain = PLAIN[schema["type"]];
  if (plain === undefined) throw new Error(`No TypeScript for ${JSON.stringify(schema)}`);
  return plain;
}

/** @param {string[]} types */
function union(types) {
  return [...new Set(types)].join(" | ");
}

/**
 * @param {Schema} schema
 * @param {string} indent
 */
function object(schema, indent) {
  const { properties, required = [], additionalProperties } = schema;
  if (!properties) {
    return `Record<string, ${
      typeof additionalProperties === "object" ? type(additionalProperties, indent) : "unknown"
    }>`;
  }
  const members = Object.entries(properties).map(([name, inner]) =>
    member(name, inner, required.includes(name), `${indent}  `)
  );
  return `{\n${members.join("")}${indent}}`;
}
