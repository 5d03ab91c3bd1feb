// Draws /account/gallery: the account's generations, and one of them with its life, cost, receipt and outputs.

import { announce, button, call, callFull, confirmButton, pathOfNext, saveFile, start, timeElement } from "./account.js";
import { h } from "./elements.js";
import { describeStage, dollars, outputElement, resultElements } from "./outputs.js";

const PAGE = 24;
const KINDS = ["image", "video", "text", "voice", "music", "upscale", "interrogate", "enhance"];
const BADGES = { completed: "good", failed: "bad", processing: "wait" };
const TEXT_CHARS = 160;

const select = (id, label, options) => h("div", { class: "form-field" }, h("label", { for: id }, label),
  h("select", { class: "field short", id }, h("option", { value: "" }, "All"), options.map((one) => h("option", { value: one }, one))));

const badge = (entry) => h("span", { class: `badge ${BADGES[entry.status]}` }, entry.status);

const jobId = (entry) => `job_${entry.id.replaceAll("-", "")}`;

function preview(entry) {
  if (entry.result_text) return h("p", { class: "preview" }, entry.result_text.slice(0, TEXT_CHARS));
  const [url] = entry.result_urls ?? entry.late_urls ?? [];
  if (url) return outputElement(url, "") ?? "";
  return h("p", { class: "preview quiet" }, entry.status === "failed" ? entry.error : describeStage(entry));
}

function card(entry) {
  const open = h("a", { href: `?id=${encodeURIComponent(entry.id)}` }, entry.model);
  return h("li", { class: "card" },
    h("div", { class: "card-head" }, open, badge(entry)), preview(entry),
    h("p", { class: "facts-line" }, timeElement(entry.created_at), ` · ${dollars(entry.cost_micros)}`));
}

async function drawList(body) {
  const list = h("ul", { class: "gallery", "aria-label": "Generations" });
  const more = h("div", { class: "card-foot" });
  const filters = h("form", { class: "row filters", onsubmit: (event) => event.preventDefault() },
    select("kind", "Kind", KINDS), select("status", "Status", Object.keys(BADGES)),
    h("div", { class: "form-field" }, h("label", { for: "words" }, "Text in the prompt"),
      h("input", { class: "field short", id: "words", type: "search", maxlength: 200 })));
  const load = async (path, first) => {
    const { json, response } = await callFull("GET", path);
    if (first) list.replaceChildren();
    list.append(...json.data.map(card));
    const next = pathOfNext(response);
    more.replaceChildren(next ? button("Show more", () => load(next, false)) : "");
    if (first && !json.data.length) more.append(h("p", { class: "empty" }, "Nothing here yet. ", h("a", { href: "/playground" }, "Make something in the playground"), "."));
  };
  const reload = () => {
    const query = new URLSearchParams({ limit: PAGE });
    for (const [id, name] of [["kind", "type"], ["status", "status"], ["words", "q"]]) {
      const value = document.getElementById(id).value.trim();
      if (value) query.set(name, value);
    }
    return load(`v1/generations?${query}`, true).catch((error) => announce(error.message, true));
  };
  body.replaceChildren(filters, list, more);
  filters.addEventListener("change", reload);
  await reload();
}

const fact = (title, value) => (value ? [h("dt", null, title), h("dd", null, value)] : []);

function deliveriesTable(deliveries) {
  if (!deliveries.length) return null;
  return h("section", null, h("h2", null, "Webhook deliveries"), h("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Webhook deliveries" }, h("table", null,
    h("thead", null, h("tr", null, ["Event", "State", "Attempts", "Last response"].map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", null, deliveries.map((one) => h("tr", null,
      h("td", null, h("code", null, one.type)), h("td", null, one.state), h("td", null, String(one.attempts.length)),
      h("td", null, one.attempts.at(-1)?.error ?? one.attempts.at(-1)?.status ?? "not sent yet")))))));
}

// A key may lack the scope of webhooks: then none are shown.
async function findDeliveries(id) {
  try {
    const { data: endpoints } = await call("GET", "webhooks");
    const found = [];
    // An account may read few lists at a time.
    for (const one of endpoints) found.push(...(await call("GET", `webhooks/${encodeURIComponent(one.id)}/deliveries?limit=200`)).data);
    return found.filter((one) => one.generation_id === id);
  } catch { return []; }
}

async function drawOne(body, id) {
  const entry = await call("GET", `generations?id=${encodeURIComponent(id)}`);
  const job = await callFull("GET", `jobs/${jobId(entry)}`).then(({ json }) => json).catch(() => ({ prompt: "" }));
  const again = new URLSearchParams({ model: entry.model, prompt: job.prompt ?? "" });
  const cancel = entry.status === "processing" && confirmButton("Cancel", "this generation", async () => {
    await call("DELETE", `generations?id=${encodeURIComponent(id)}`);
    await drawOne(body, id);
  });
  body.replaceChildren(
    h("p", null, h("a", { href: "?" }, "All generations")),
    h("div", { class: "card-head" }, h("h2", null, entry.model), badge(entry)),
    job.prompt && h("p", { class: "lead" }, job.prompt),
    ...(entry.status === "processing" ? [h("p", null, describeStage(entry))] : resultElements(entry, job.prompt)),
    h("dl", { class: "facts" },
      fact("Ordered", timeElement(entry.created_at)), fact("Ended", entry.completed_at && timeElement(entry.completed_at)),
      fact("Cost", dollars(entry.cost_micros)), fact("Refunded", entry.refunded_micros > 0 && dollars(entry.refunded_micros)),
      fact("Provider", entry.provider), fact("Files kept until", entry.expires_at && timeElement(entry.expires_at)),
      fact("Id", h("code", null, entry.id))),
    h("div", { class: "card-foot" }, h("a", { class: "button", href: `/playground?${again}` }, "Run again"), cancel || "",
      entry.status !== "processing" ? button("Download the receipt", () => downloadReceipt(id)) : ""),
    deliveriesTable(await findDeliveries(id)) ?? "");
}

async function downloadReceipt(id) {
  const receipt = await call("GET", `generations/${encodeURIComponent(id)}/receipt`);
  saveFile(new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" }), `receipt-${id}.json`);
}

start(async (body) => {
  const id = new URLSearchParams(location.search).get("id");
  await (id ? drawOne(body, id) : drawList(body));
});
