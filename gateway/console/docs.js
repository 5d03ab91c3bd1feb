// Draws /docs from openapi.json.

import { examplesPanel, h, inline, prose, samplesPanel, slug } from "./elements.js";
import { Schemas } from "./schemas.js";

const MODELS_OPEN_MAX = 30; // with more, each kind is closed at first
const SIMULATED = "The local provider stands in for this model, because no provider of it is configured here.";
const METHODS = ["get", "post", "put", "patch", "delete"];

// ---- Sections ----

const routeLine = (method, path) =>
  h("p", { class: "route" }, h("span", { class: `method ${method}` }, method.toUpperCase()), h("code", null, path));

function section(id, title, text, code, level = "h2") {
  return h("section", { class: level === "h2" ? "section" : "section operation", id },
    h("div", { class: "columns" },
      h("div", { class: "text" }, h(level, null, h("a", { class: "anchor", href: `#${id}` }, title)), text),
      code && h("div", { class: "code" }, code)));
}

function listExamples(content, name) {
  const media = content?.["application/json"];
  if (media?.example) return [{ name, value: media.example }];
  return Object.values(media?.examples ?? {}).map(({ summary, value }) =>
    ({ name: `${name} ${summary}`.trim(), status: Number(name), value }));
}

const isError = (response) => response.content?.["application/json"]?.schema?.$ref?.endsWith("Error") ?? false;

function responseList(schemas, responses) {
  return Object.entries(responses).filter(([, response]) => !isError(response)).map(([status, response]) => {
    const schema = Object.values(response.content ?? {})[0]?.schema;
    const headers = Object.keys(response.headers ?? {}).filter((name) => name !== "X-Request-Id");
    return h("div", { class: "response" },
      h("p", null, h("span", { class: status < 400 ? "status good" : "status" }, status), " ", inline(response.description)),
      headers.length > 0 && h("p", { class: "quiet" }, "Headers: ", headers.map((name) => [h("code", null, name), " "])),
      schema && [h("details", { class: "inner" }, h("summary", null, "Fields"), schemas.fields(schema))]);
  });
}

function errorCodes(responses) {
  const shown = Object.entries(responses).filter(([, response]) => isError(response));
  const codes = shown.flatMap(([status, response]) =>
    Object.keys(response.content["application/json"].examples ?? {}).map((code) => [status, code]));
  return codes.length > 0 && [h("h4", null, "Errors"), h("ul", { class: "chips" }, codes.map(([status, code]) =>
    h("li", null, h("a", { href: "#errors" }, h("span", { class: "status" }, status), ` ${code}`))))];
}

function authentication(security) {
  const text = security.length === 0 ? "No API key required." :
    security.some((one) => Object.keys(one).length === 0) ? "Also works without an API key, within the guest quota." : "";
  return text && h("p", { class: "quiet" }, text);
}

function operationSection(schemas, path, method, operation) {
  const parameters = operation.parameters ?? [];
  const body = operation.requestBody?.content["application/json"];
  const text = [
    routeLine(method, path),
    prose(operation.description ?? ""),
    authentication(operation.security),
    parameters.length > 0 && [h("h4", null, "Parameters"), h("ul", { class: "fields" }, parameters.map((parameter) =>
      schemas.field(parameter.name, { ...parameter.schema, description: parameter.description }, parameter.required))
      .map((item, index) => (item.querySelector(".type").append(`, ${parameters[index].in}`), item)))],
    body && [h("h4", null, "Body"), schemas.fields(body.schema)],
    h("h4", null, "Responses"), responseList(schemas, operation.responses), errorCodes(operation.responses),
  ];
  const examples = Object.entries(operation.responses).flatMap(([status, { content }]) => listExamples(content, status));
  const code = [
    samplesPanel(operation["x-codeSamples"], `Sample: ${operation.summary}`),
    body && examplesPanel("Body", listExamples({ "application/json": body }, "")),
    examplesPanel("Response", examples),
  ];
  return section(slug(operation.operationId), operation.summary, text, code, "h3");
}

function webhookSection(schemas, name, item) {
  const { description, parameters, requestBody, responses } = item.post;
  const body = requestBody.content["application/json"];
  const text = [
    routeLine("post", "your endpoint"),
    prose(description),
    h("h4", null, "Headers"),
    h("ul", { class: "fields" }, parameters.map((one) => schemas.field(one.name, { ...one.schema, ...one }, true))),
    h("h4", null, "Body"), h("details", { class: "inner" }, h("summary", null, "Fields"), schemas.fields(body.schema)),
    h("h4", null, "How your response is handled"),
    h("ul", { class: "plain" }, Object.entries(responses).sort().map(([status, response]) =>
      h("li", null, h("span", { class: "status" }, status === "default" ? "other" : status),
        h("span", null, response.description)))),
  ];
  return section(slug(name), name, text, examplesPanel("Event", listExamples(requestBody.content, name)), "h3");
}

function modelRow(schemas, model) {
  const base = model.pricing.replace(/ \([^)]*\)/g, "");
  const price = h("p", { class: "quiet" }, "Price: ", model.pricing, ".");
  return h("details", { class: "model" },
    h("summary", null, h("code", null, model.id), h("span", { class: "kind" }, model.type),
      model.simulated && h("span", { class: "badge", title: SIMULATED }, "simulated"),
      h("span", { class: "price" }, base, base !== model.pricing && ", varies")),
    h("p", { class: "quiet" }, `${model.name}. The prompt may have up to ${model.prompt_chars_max} characters. Fields of `,
      h("code", null, "input"), ":"),
    schemas.fields(model.input),
    base !== model.pricing && price,
    model.simulated && h("p", { class: "quiet" }, SIMULATED));
}

function modelsSection(schemas, models) {
  const kinds = [...new Set(models.map((model) => model.type))];
  const groups = kinds.map((kind) => {
    const rows = models.filter((model) => model.type === kind);
    const title = `${kind}: ${rows.length} ${rows.length === 1 ? "model" : "models"}`;
    return h("details", { class: "inner models", ...(models.length > MODELS_OPEN_MAX ? {} : { open: "" }) },
      h("summary", null, title), rows.map((model) => modelRow(schemas, model)));
  });
  return section("models", "Models", [
    h("p", null, "Open a kind, and a model to see its input fields. ", h("code", null, "POST /api/v1/generations/quote"),
      " prices a request."), groups]);
}

function errorsSection(errors) {
  return section("errors", "Error codes", [
    h("p", null, "An error of the WOWFLOW API is ", h("code", null, '{"error": {"code": "...", "message": "..."}}'),
      ", one of the WokGen API ", h("code", null, '{"error": "...", "code": "..."}'), ", where the code is in capitals: ",
      h("code", null, "QUOTA_EXCEEDED"), ". Programs should use the code; the message is for people."),
    h("p", null, "A refused request is not charged. After a 500 or 503 the request may have been accepted. Send it again with the same ",
      h("code", null, "Idempotency-Key"), ": it is charged at most once."),
    h("div", { class: "table" }, h("table", null,
      h("thead", null, h("tr", null, ["Status", "Code", "Meaning"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, errors.map(({ status, code, message }) =>
        h("tr", null, h("td", null, status), h("td", null, h("code", null, code)), h("td", null, inline(message)))))))]);
}

function overviewSection(api, base, create) {
  const [intro] = api.info.description.split(/^## /m);
  return section("overview", api.info.title, [
    prose(intro),
    h("dl", { class: "facts" },
      h("dt", null, "Base URL"), h("dd", null, h("code", null, base)),
      h("dt", null, "Version"), h("dd", null, api.info.version),
      h("dt", null, "OpenAPI"), h("dd", null, h("a", { href: "openapi.json" }, "openapi.json"), ` (version ${api.openapi})`)),
  ], create && samplesPanel(create["x-codeSamples"], "Quick start"));
}

function guideSections(description) {
  return description.split(/^## /m).slice(1).map((part) => {
    const [title, ...rest] = part.split("\n");
    return section(slug(title), title, prose(rest.join("\n")));
  });
}

function listOperations(api, tag) {
  return Object.entries(api.paths).flatMap(([path, item]) => Object.keys(item)
    .filter((method) => METHODS.includes(method) && item[method].tags.includes(tag))
    .map((method) => ({ path, method, operation: item[method] })));
}

function tagSections(api, schemas, tag) {
  const title = tag.name[0].toUpperCase() + tag.name.slice(1);
  const events = Object.entries(api.webhooks).filter(([, item]) => item.post.tags.includes(tag.name));
  const verifySamples = events[0]?.[1].post["x-codeSamples"];
  return [
    section(slug(tag.name), title, prose(tag.description), verifySamples && samplesPanel(verifySamples, "Verify a webhook")),
    ...listOperations(api, tag.name).map(({ path, method, operation }) => operationSection(schemas, path, method, operation)),
    ...events.map(([name, item]) => webhookSection(schemas, name, item)),
  ];
}

// ---- The page ----

function contentsList(sections) {
  return h("ol", null, sections.map((element) => {
    const title = element.querySelector("h1, h2, h3");
    const method = element.querySelector(".route .method");
    return h("li", { class: title.tagName === "H3" ? "sub" : "" }, h("a", { href: `#${element.id}` },
      element.id === "overview" ? "Overview" : title.textContent, method && h("span", { class: `mark ${method.className}` }, method.textContent)));
  }));
}

function highlightCurrent(nav, sections) {
  const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(target.id)?.setAttribute("aria-current", "location");
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const element of sections) observer.observe(element);
}

function makeCollapsible(nav, button) {
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
  if (!response.ok) throw new Error(`openapi.json responded with ${response.status}`);
  const text = await response.text();
  // The samples name the configured address. The reader's own address is known to work.
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
  nav.replaceChildren(contentsList(sections));
  makeCollapsible(nav, document.getElementById("menu"));
  highlightCurrent(nav, sections);
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

draw().catch((error) => {
  document.getElementById("state").append(` It cannot be shown here: ${error.message}.`);
});
