// Draws /docs from openapi.json.

import { examplesPanel, h, inline, prose, samplesPanel, slug } from "./elements.js";
import { Schemas } from "./schemas.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

// ---- Sections ----

const route = (method, path) =>
  h("p", { class: "route" }, h("span", { class: `method ${method}` }, method.toUpperCase()), h("code", null, path));

function twoColumns(id, title, text, code, level = "h2") {
  return h("section", { class: level === "h2" ? "section" : "section operation", id },
    h("div", { class: "columns" },
      h("div", { class: "text" }, h(level, null, h("a", { class: "anchor", href: `#${id}` }, title)), text),
      code && h("div", { class: "code" }, code)));
}

function examplesOf(content, name) {
  const given = content?.["application/json"];
  if (given?.example) return [{ name, value: given.example }];
  return Object.values(given?.examples ?? {}).map(({ summary, value }) =>
    ({ name: `${name} ${summary}`.trim(), status: Number(name), value }));
}

const refuses = (response) => response.content?.["application/json"]?.schema?.$ref?.endsWith("Error") ?? false;

function answers(schemas, responses) {
  return Object.entries(responses).filter(([, response]) => !refuses(response)).map(([status, response]) => {
    const schema = Object.values(response.content ?? {})[0]?.schema;
    const headers = Object.keys(response.headers ?? {}).filter((name) => name !== "X-Request-Id");
    return h("div", { class: "answer" },
      h("p", null, h("span", { class: status < 400 ? "status good" : "status" }, status), " ", inline(response.description)),
      headers.length > 0 && h("p", { class: "quiet" }, "Headers: ", headers.map((name) => [h("code", null, name), " "])),
      schema && [h("details", { class: "inner" }, h("summary", null, "Fields"), schemas.fields(schema))]);
  });
}

function refusals(responses) {
  const shown = Object.entries(responses).filter(([, response]) => refuses(response));
  const codes = shown.flatMap(([status, response]) =>
    Object.keys(response.content["application/json"].examples ?? {}).map((code) => [status, code]));
  return codes.length > 0 && [h("h4", null, "Errors"), h("ul", { class: "chips" }, codes.map(([status, code]) =>
    h("li", null, h("a", { href: "#errors" }, h("span", { class: "status" }, status), ` ${code}`))))];
}

function key(security) {
  const words = security.length === 0 ? "Needs no API key." :
    security.some((one) => Object.keys(one).length === 0) ? "Works without an API key too, within a guest's quota." : "";
  return words && h("p", { class: "quiet" }, words);
}

function operationSection(schemas, path, method, operation) {
  const parameters = operation.parameters ?? [];
  const body = operation.requestBody?.content["application/json"];
  const text = [
    route(method, path),
    prose(operation.description ?? ""),
    key(operation.security),
    parameters.length > 0 && [h("h4", null, "Parameters"), h("ul", { class: "fields" }, parameters.map((parameter) =>
      schemas.field(parameter.name, { ...parameter.schema, description: parameter.description }, parameter.required))
      .map((item, index) => (item.querySelector(".type").append(`, ${parameters[index].in}`), item)))],
    body && [h("h4", null, "Body"), schemas.fields(body.schema)],
    h("h4", null, "Answers"), answers(schemas, operation.responses), refusals(operation.responses),
  ];
  const examples = Object.entries(operation.responses).flatMap(([status, { content }]) => examplesOf(content, status));
  const code = [
    samplesPanel(operation["x-codeSamples"], `Code for: ${operation.summary}`),
    body && examplesPanel("Body", examplesOf({ "application/json": body }, "")),
    examplesPanel("Answer", examples),
  ];
  return twoColumns(slug(operation.operationId), operation.summary, text, code, "h3");
}

function webhookSection(schemas, name, item) {
  const { description, parameters, requestBody, responses } = item.post;
  const body = requestBody.content["application/json"];
  const text = [
    route("post", "your endpoint"),
    prose(description),
    h("h4", null, "Headers"),
    h("ul", { class: "fields" }, parameters.map((one) => schemas.field(one.name, { ...one.schema, ...one }, true))),
    h("h4", null, "Body"), h("details", { class: "inner" }, h("summary", null, "Fields"), schemas.fields(body.schema)),
    h("h4", null, "What your answer means"),
    h("ul", { class: "plain" }, Object.entries(responses).sort().map(([status, response]) =>
      h("li", null, h("span", { class: "status" }, status === "default" ? "else" : status),
        h("span", null, response.description)))),
  ];
  return twoColumns(slug(name), name, text, examplesPanel("Event", examplesOf(requestBody.content, name)), "h3");
}

function modelsSection(schemas, models) {
  const rows = models.map((model) => h("details", { class: "model" },
    h("summary", null, h("code", null, model.id), h("span", { class: "kind" }, model.type),
      h("span", { class: "price" }, `$${(model.price_cents / 100).toFixed(2)}`)),
    h("p", { class: "quiet" }, `${model.name}: a prompt of at most ${model.prompt_chars_max} characters; what `,
      h("code", null, "input"), " may hold"),
    schemas.fields(model.input)));
  return twoColumns("models", "Models", [
    h("p", null, "The price is for one generation. Open a model to see what it takes besides the prompt."), rows]);
}

function errorsSection(errors) {
  return twoColumns("errors", "Errors", [
    h("p", null, "Every refusal has the shape ", h("code", null, '{"error": {"code": "...", "message": "..."}}'),
      "; of the WokGen calls ", h("code", null, '{"error": "...", "code": "..."}'), " with the message first and the code " +
      "in capitals, such as ", h("code", null, "QUOTA_EXCEEDED"), ". Go by the code; the message is for people. A refused request is not charged. After a 500 or a 503 it may have " +
      "been accepted all the same: send it again with the same ", h("code", null, "Idempotency-Key"), " to be sure."),
    h("div", { class: "table" }, h("table", null,
      h("thead", null, h("tr", null, ["HTTP", "code", "meaning"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, errors.map(({ status, code, message }) =>
        h("tr", null, h("td", null, status), h("td", null, h("code", null, code)), h("td", null, inline(message)))))))]);
}

function overviewSection(api, base, create) {
  const [intro] = api.info.description.split(/^## /m);
  return twoColumns("overview", api.info.title, [
    prose(intro),
    h("dl", { class: "facts" },
      h("dt", null, "Base URL"), h("dd", null, h("code", null, base)),
      h("dt", null, "Version"), h("dd", null, api.info.version),
      h("dt", null, "For programs"), h("dd", null, h("a", { href: "openapi.json" }, "openapi.json"), ` (OpenAPI ${api.openapi})`)),
  ], create && samplesPanel(create["x-codeSamples"], "First call"));
}

function guideSections(description) {
  return description.split(/^## /m).slice(1).map((part) => {
    const [title, ...rest] = part.split("\n");
    return twoColumns(slug(title), title, prose(rest.join("\n")));
  });
}

function operationsOf(api, tag) {
  return Object.entries(api.paths).flatMap(([path, item]) => Object.keys(item)
    .filter((method) => METHODS.includes(method) && item[method].tags.includes(tag))
    .map((method) => ({ path, method, operation: item[method] })));
}

function tagSections(api, schemas, tag) {
  const title = tag.name[0].toUpperCase() + tag.name.slice(1);
  const events = Object.entries(api.webhooks).filter(([, item]) => item.post.tags.includes(tag.name));
  const verifying = events[0]?.[1].post["x-codeSamples"];
  return [
    twoColumns(slug(tag.name), title, prose(tag.description), verifying && samplesPanel(verifying, "Verify a webhook")),
    ...operationsOf(api, tag.name).map(({ path, method, operation }) => operationSection(schemas, path, method, operation)),
    ...events.map(([name, item]) => webhookSection(schemas, name, item)),
  ];
}

// ---- The page ----

function contents(sections) {
  return h("ol", null, sections.map((section) => {
    const title = section.querySelector("h1, h2, h3");
    const method = section.querySelector(".route .method");
    return h("li", { class: title.tagName === "H3" ? "sub" : "" }, h("a", { href: `#${section.id}` },
      section.id === "overview" ? "Overview" : title.textContent, method && h("span", { class: `mark ${method.className}` }, method.textContent)));
  }));
}

function follow(nav, sections) {
  const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(target.id)?.setAttribute("aria-current", "location");
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of sections) seen.observe(section);
}

function foldable(nav, button) {
  const set = (open) => {
    nav.classList.toggle("open", open);
    button.setAttribute("aria-expanded", open);
  };
  button.addEventListener("click", () => set(!nav.classList.contains("open")));
  nav.addEventListener("click", (event) => event.target.closest("a") && set(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && set(false));
}

async function draw() {
  const base = new URL(".", location.href).href.replace(/\/$/, "");
  const response = await fetch("openapi.json", { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`openapi.json answered ${response.status}`);
  const text = await response.text();
  // The samples name the address that the operator configured; a reader got here by one that works for him.
  const api = JSON.parse(text.replaceAll(JSON.parse(text).servers[0].url, base));
  const schemas = new Schemas(api.components.schemas);
  const sections = [
    overviewSection(api, base, api.paths["/api/v1/generations"]?.post),
    ...guideSections(api.info.description),
    ...(api["x-models"]?.length ? [modelsSection(schemas, api["x-models"])] : []),
    ...api.tags.flatMap((tag) => tagSections(api, schemas, tag)),
    errorsSection(api["x-errors"]),
  ];
  sections[0].querySelector("h2").replaceWith(h("h1", null, api.info.title));
  const nav = document.getElementById("nav");
  document.getElementById("main").replaceChildren(...sections);
  nav.replaceChildren(contents(sections));
  foldable(nav, document.getElementById("menu"));
  follow(nav, sections);
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

draw().catch((error) => {
  document.getElementById("state").append(` It could not be drawn here: ${error.message}.`);
});
