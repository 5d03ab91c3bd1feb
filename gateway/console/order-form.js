// The parameters of a model as form controls, from the JSON Schema of its input, and the same order as code.

import { h, inline } from "./elements.js";
import { field } from "./account.js";

const FILE_BYTES_MAX = 5_500_000; // about 7.4 MB as a data: URL

const label = (name) => name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

// Return X of `X or null`, with the keywords next to it.
function unwrap(schema) {
  const types = (schema.anyOf ?? []).filter((one) => one.type !== "null");
  return types.length === 1 ? { ...schema, ...types[0], ...limitsOf(schema) } : schema;
}

// The model's own limits are next to those of its kind, and count.
const limitsOf = ({ minimum, maximum, enum: choices }) => ({
  ...(minimum != null && { minimum }), ...(maximum != null && { maximum }), ...(choices && { enum: choices }),
});

function readFile(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error("The file cannot be read."));
    reader.readAsDataURL(file);
  });
}

// A URL, or a file of the visitor, which is sent as a data: URL.
function imageControl(id, name, required) {
  const url = h("input", { class: "field", id, type: "text", placeholder: "An https URL, or choose a file below", required, autocomplete: "off" });
  const file = h("input", { class: "field", id: `${id}-file`, type: "file", accept: "image/png,image/jpeg,image/webp,image/gif", "aria-label": `${label(name)}: a file` });
  const problem = h("p", { class: "field-error", role: "alert" });
  let data = "";
  file.addEventListener("change", async () => {
    problem.textContent = "";
    data = "";
    const [chosen] = file.files;
    if (chosen && chosen.size > FILE_BYTES_MAX) problem.textContent = "The file is too large: at most 5.5 MB.";
    else if (chosen) data = await readFile(chosen);
    url.required = required && !data;
    file.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return { element: [field(label(name), url), h("div", { class: "form-field" }, file, problem)], read: () => data || url.value.trim() || null };
}

function choiceControl(id, name, schema, required) {
  const choices = schema.enum.filter((one) => one != null);
  const none = required ? [] : [h("option", { value: "" }, schema.default != null ? `Default: ${schema.default}` : "Not set")];
  const select = h("select", { class: "field", id, required }, none, choices.map((one, index) => h("option", { value: String(index) }, String(one))));
  return { element: field(label(name), select), read: () => (select.value === "" ? null : choices[Number(select.value)]) };
}

function numberControl(id, name, schema, required) {
  const whole = schema.type === "integer";
  const safe = (limit) => (limit != null && Math.abs(limit) <= Number.MAX_SAFE_INTEGER ? limit : null);
  const input = h("input", {
    class: "field", id, type: "number", required, step: whole ? 1 : "any", min: safe(schema.minimum), max: safe(schema.maximum),
    placeholder: schema.default ?? "", inputmode: whole ? "numeric" : "decimal",
  });
  return { element: field(label(name), input), read: () => (input.value === "" ? null : Number(input.value)) };
}

function textControl(id, name, schema, required) {
  const input = h("input", { class: "field", id, type: "text", required, maxlength: schema.maxLength, placeholder: schema.default ?? "", autocomplete: "off" });
  return { element: field(label(name), input), read: () => input.value.trim() || null };
}

function linesControl(id, name, schema, required) {
  const area = h("textarea", { class: "field", id, rows: 2, required, placeholder: "One on each line" });
  const read = () => area.value.split("\n").map((line) => line.trim()).filter(Boolean);
  return { element: field(label(name), area), read: () => (read().length ? read() : null) };
}

function control(name, given, required) {
  const schema = unwrap(given);
  const id = `input-${name}`;
  if (name.endsWith("image_url") || name === "image_url") return imageControl(id, name, required);
  if (schema.type === "boolean") return choiceControl(id, name, { ...schema, enum: [true, false] }, required);
  if (schema.enum) return choiceControl(id, name, schema, required);
  if (schema.type === "integer" || schema.type === "number") return numberControl(id, name, schema, required);
  if (schema.type === "array") return linesControl(id, name, schema, required);
  return textControl(id, name, schema, required);
}

// Return the controls, and a function that reads those that are set.
export function inputControls(input) {
  const names = Object.keys(input.properties ?? {});
  const needed = new Set(input.required ?? []);
  const ordered = [...names.filter((name) => needed.has(name)), ...names.filter((name) => !needed.has(name))];
  const controls = ordered.map((name) => {
    const made = control(name, input.properties[name], needed.has(name));
    const { description } = input.properties[name];
    return { name, ...made, text: description && h("p", { class: "quiet" }, inline(description)) };
  });
  const read = () => Object.fromEntries(controls.map((one) => [one.name, one.read()]).filter(([, value]) => value !== null));
  return { controls: controls.map((one) => h("div", { class: "parameter" }, one.element, one.text)), needed: needed.size, read };
}

// ---- Code ----

const IMAGE = "https://example.com/photo.png"; // stands for a file of the visitor

const shorten = (value) => (typeof value === "string" && value.startsWith("data:") ? IMAGE : value);

const python = (value, indent) => JSON.stringify(value, null, 4)
  .replace(/("(?:\\.|[^"\\])*")|\btrue\b|\bfalse\b|\bnull\b/g, (word, text) => text ?? { true: "True", false: "False", null: "None" }[word])
  .replaceAll("\n", `\n${indent}`);

export function orderSnippets(origin, given) {
  const input = given.input && Object.fromEntries(Object.entries(given.input).map(([name, value]) => [name, shorten(value)]));
  const body = { ...given, ...(input && { input }) };
  const url = `${origin}/api/v1/generations`;
  const quoted = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return [
    {
      label: "curl",
      source: `curl -X POST ${url} \\\n  -H "Authorization: Bearer $WOWFLOW_KEY" \\\n  -H "Content-Type: application/json" \\\n  -H "Prefer: wait=30" \\\n  -d '${quoted}'`,
    },
    {
      label: "Python",
      source: `import json\nimport os\nimport urllib.request\n\nrequest = urllib.request.Request(\n    "${url}",\n    data=json.dumps(\n        ${python(body, "        ")}\n    ).encode(),\n    headers={\n        "Authorization": f"Bearer {os.environ['WOWFLOW_KEY']}",\n        "Content-Type": "application/json",\n        "Prefer": "wait=30",\n    },\n)\nwith urllib.request.urlopen(request) as response:\n    print(json.load(response))`,
    },
    {
      label: "TypeScript",
      source: `const response = await fetch("${url}", {\n  method: "POST",\n  headers: {\n    Authorization: \`Bearer \${process.env.WOWFLOW_KEY}\`,\n    "Content-Type": "application/json",\n    Prefer: "wait=30",\n  },\n  body: JSON.stringify(${JSON.stringify(body, null, 2).replaceAll("\n", "\n  ")}),\n});\nconsole.log(await response.json());`,
    },
  ];
}
