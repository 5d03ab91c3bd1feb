// Draws /account/webhooks: the account's endpoints, their state and their deliveries.

import {
  announce, button, call, confirmButton, field, fieldError, FieldError, focus, form, formatTime, secretCard, start,
  timeElement,
} from "./account.js";
import { h } from "./elements.js";

const EVENTS = {
  "generation.completed": "a generation is completed",
  "generation.failed": "a generation failed and was refunded",
  "balance.low": "the balance fell below your alert",
  "endpoint.disabled": "another endpoint was disabled",
  "key.created": "an API key was created",
  "key.changed": "an API key was changed",
  "key.rotated": "an API key was rotated",
  "key.revoked": "an API key was revoked",
  "endpoint.created": "another endpoint was added",
  "endpoint.deleted": "another endpoint was deleted",
  "endpoint.enabled": "an endpoint was enabled again",
  "endpoint.rotated": "the secret of an endpoint was replaced",
};
const BADGES = { delivered: "good", pending: "wait", dead: "bad" };
const STATES = { delivered: "delivered", pending: "pending", dead: "failed" };
const DAY_MS = 86_400_000;

const path = (endpoint, rest = "") => `webhooks/${encodeURIComponent(endpoint.id)}${rest}`;
const nameOf = (endpoint) => endpoint.url || "The webhook_url of each order";

function stateBadge(endpoint) {
  if (endpoint.disabled_at) return h("span", { class: "badge bad" }, "disabled");
  if (endpoint.failing_since) return h("span", { class: "badge bad" }, "failing");
  return h("span", { class: "badge good" }, "enabled");
}

function factsLine(endpoint) {
  const all = endpoint.events.length === Object.keys(EVENTS).length;
  const parts = [
    [all ? "All events" : endpoint.events.join(", ") || "Ends of the orders that name a URL"],
    ["added ", timeElement(endpoint.created_at)],
    endpoint.failing_since && ["failing since ", timeElement(endpoint.failing_since)],
    endpoint.disabled_at && ["disabled ", timeElement(endpoint.disabled_at), `: ${endpoint.disabled_why}`],
    endpoint.old_secret_until && ["the old secret is valid until ", timeElement(endpoint.old_secret_until)],
  ].filter(Boolean);
  return h("p", { class: "facts-line" }, parts.map((part, index) => [index > 0 && " · ", part]));
}

function deliveryRow(endpoint, delivery, redraw) {
  const last = delivery.attempts.at(-1);
  const result = last ? (last.error ?? `${last.status} in ${last.duration_ms} ms`) : "not sent yet";
  const attempts = `${delivery.attempts.length} ${delivery.attempts.length === 1 ? "attempt" : "attempts"}`;
  const redeliver = async () => {
    await call("POST", path(endpoint, `/deliveries/${encodeURIComponent(delivery.id)}/redeliver`));
    await redraw();
    announce("The delivery is queued.");
  };
  return h("tr", null,
    h("td", null, timeElement(delivery.created_at)),
    h("td", null, h("code", null, delivery.type)),
    h("td", null, h("span", { class: `badge ${BADGES[delivery.state]}` }, STATES[delivery.state]), ` ${attempts}`),
    h("td", null, result, last?.answer && h("span", { class: "response-start" }, ` ${last.answer}`)),
    h("td", null, button("Redeliver", redeliver, { name: `Redeliver ${delivery.type} of ${formatTime(delivery.created_at)}` })));
}

// The focus goes to the table after a change of it, because its buttons are new.
async function drawDeliveries(endpoint, log, changed = false) {
  const { data } = await call("GET", path(endpoint, "/deliveries?limit=20"));
  const redraw = () => drawDeliveries(endpoint, log, true);
  const titles = ["Time", "Event", "State", "Last response", "Action"];
  const table = data.length === 0 ? h("p", { class: "empty" }, "No deliveries yet.") : h("div", { class: "table" },
    h("table", null,
      h("thead", null, h("tr", null, titles.map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", null, data.map((delivery) => deliveryRow(endpoint, delivery, redraw)))));
  const refresh = button("Refresh", redraw, { name: `Refresh the deliveries of ${nameOf(endpoint)}` });
  log.replaceChildren(table, h("p", null, refresh));
  if (changed) focus(table);
}

function replayControls(endpoint, redraw) {
  const since = h("input", {
    class: "field short", type: "datetime-local", "aria-label": "Since", required: true,
    value: new Date(Date.now() - 5 * DAY_MS - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16),
  });
  const which = h("select", { class: "field short", "aria-label": "Events" },
    h("option", { value: "failed" }, "failed deliveries"), h("option", { value: "missing" }, "events that were never sent"));
  const replay = async () => {
    let queued = 0;
    let next = 0;
    do {
      const selection = { since: new Date(since.value).toISOString(), which: which.value, next };
      const page = await call("POST", path(endpoint, "/replay"), selection);
      queued += page.queued;
      next = page.next;
    } while (next !== undefined);
    await redraw();
    announce(queued === 1 ? "1 event is queued." : `${queued} events are queued.`);
  };
  const start = button("Replay", replay, { name: `Replay to ${nameOf(endpoint)}` });
  return h("div", { class: "row" }, "Send", which, "since", since, start);
}

function endpointCard(endpoint, redraw) {
  const details = h("div");
  const showDeliveries = async () => {
    const log = h("div");
    const title = h("h2", null, "Deliveries");
    details.replaceChildren(title, replayControls(endpoint, () => drawDeliveries(endpoint, log, true)), log);
    await drawDeliveries(endpoint, log);
    focus(title);
  };
  const change = (method, rest, done) => async () => {
    const secret = (await call(method, path(endpoint, rest)))?.secret;
    await redraw(secret && secretCard("New signing secret", secret, "Save it now. It is not shown again. The old secret stays valid for 24 hours."));
    announce(done);
  };
  const url = nameOf(endpoint);
  return h("section", { class: endpoint.disabled_at ? "card off" : "card", "aria-label": url },
    h("div", { class: "card-head" }, h("code", null, url), stateBadge(endpoint)), factsLine(endpoint),
    h("div", { class: "card-foot" },
      endpoint.disabled_at && button("Enable", change("POST", "/enable", "The endpoint is enabled."), { kind: "main", name: `Enable ${url}` }),
      button("Show deliveries", showDeliveries, { name: `Show deliveries to ${url}` }),
      confirmButton("Rotate secret", `of ${url}`, change("POST", "/rotate", "The secret is rotated.")),
      confirmButton("Delete", url, change("DELETE", "", "The endpoint is deleted."))),
    details);
}

function addForm(redraw) {
  const url = h("input", {
    class: "field", id: "url", type: "url", required: true, placeholder: "https://example.com/hooks/wokflow",
  });
  const boxes = Object.keys(EVENTS).map((name) =>
    h("input", { type: "checkbox", id: `event-${name}`, name, checked: true, "aria-describedby": "events-error" }));
  const labels = boxes.map((box) => h("label", { class: "check" }, box, h("code", null, box.name), EVENTS[box.name]));
  const problem = fieldError("events");
  boxes.forEach((box) => box.addEventListener("input", () => (problem.textContent = "")));
  return form("Add endpoint", url, [
    field("URL", url),
    h("fieldset", null, h("legend", null, "Events"), labels, problem),
  ], async () => {
    const events = boxes.filter((box) => box.checked).map((box) => box.name);
    if (events.length === 0) {
      problem.textContent = "Choose at least one event.";
      return boxes[0].focus();
    }
    const created = await call("POST", "webhooks", { url: url.value, events: events.length < boxes.length ? events : [] });
    await redraw(secretCard("Signing secret", created.secret, "Save it now to verify webhooks. It is not shown again."));
    announce("The endpoint is added.");
  });
}

// `secret` is the card of a secret that was just created. The focus goes there, or to the list after a change of it.
async function drawEndpoints(list, secret = null, changed = false) {
  const { data } = await call("GET", "webhooks");
  const redraw = (card) => drawEndpoints(list, card, true);
  list.replaceChildren(
    secret ?? "",
    ...data.length > 0 ? data.map((endpoint) => endpointCard(endpoint, redraw)) : [h("p", { class: "empty" }, "No endpoints yet.")],
    h("h2", null, "Add an endpoint"), addForm(redraw));
  if (changed) focus(secret ?? list);
}

start(async (body) => {
  const list = h("div", { role: "region", "aria-label": "Endpoints", tabindex: -1 });
  body.append(
    h("p", { class: "lead" }, "Wokflow posts events to your endpoints, signed as ", h("strong", null, "Standard Webhooks"),
      " defines it. A delivery that gets no 2xx response is retried, up to ten times over three days. ",
      "An endpoint that fails for five days is disabled."),
    list);
  await drawEndpoints(list);
});
