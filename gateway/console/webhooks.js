// Draws /account/webhooks: where events are posted, how each endpoint is, and what became of every post.

import { button, call, form, moment, once, say, start, sureButton } from "./account.js";
import { h } from "./elements.js";

const EVENTS = {
  "generation.completed": "a generation is done",
  "generation.failed": "one failed and was refunded",
  "balance.low": "the balance fell below your threshold",
  "endpoint.disabled": "another endpoint was switched off",
};
const STATES = { delivered: "good", pending: "wait", dead: "bad" };
const DAY_MS = 86_400_000;

const path = (endpoint, rest = "") => `webhooks/${encodeURIComponent(endpoint.id)}${rest}`;

function state(endpoint) {
  if (endpoint.disabled_at) return h("span", { class: "badge bad" }, "switched off");
  if (endpoint.failing_since) return h("span", { class: "badge bad" }, "failing");
  return h("span", { class: "badge good" }, "on");
}

function facts(endpoint) {
  const all = endpoint.events.length === Object.keys(EVENTS).length;
  const parts = [
    [all ? "All events" : endpoint.events.join(", ")],
    ["added ", moment(endpoint.created_at)],
    endpoint.failing_since && ["failing since ", moment(endpoint.failing_since)],
    endpoint.disabled_at && ["switched off ", moment(endpoint.disabled_at), `: ${endpoint.disabled_why}`],
    endpoint.old_secret_until && ["the old secret signs until ", moment(endpoint.old_secret_until)],
  ].filter(Boolean);
  return h("p", { class: "facts-line" }, parts.map((part, index) => [index > 0 && " · ", part]));
}

function deliveryRow(endpoint, delivery, redraw) {
  const last = delivery.attempts.at(-1);
  const told = last ? (last.error ?? `${last.status} in ${last.duration_ms} ms`) : "not yet";
  return h("tr", null,
    h("td", null, moment(delivery.created_at)),
    h("td", null, h("code", null, delivery.type)),
    h("td", null, h("span", { class: `badge ${STATES[delivery.state]}` }, delivery.state), ` ${delivery.attempts.length}×`),
    h("td", null, told, last?.answer && h("span", { class: "answer-start" }, ` ${last.answer}`)),
    h("td", null, button("Post again", async () => {
      await call("POST", path(endpoint, `/deliveries/${encodeURIComponent(delivery.id)}/redeliver`));
      await redraw();
      say("It is on its way.");
    })));
}

async function deliveries(endpoint, place) {
  const { data } = await call("GET", path(endpoint, "/deliveries?limit=20"));
  const redraw = () => deliveries(endpoint, place);
  const heads = ["When", "Event", "State", "Last answer", ""];
  place.replaceChildren(
    data.length === 0 ? h("p", { class: "empty" }, "Nothing was posted there yet.") : h("div", { class: "table" },
      h("table", null,
        h("thead", null, h("tr", null, heads.map((title) => h("th", { scope: "col" }, title)))),
        h("tbody", null, data.map((delivery) => deliveryRow(endpoint, delivery, redraw))))),
    h("p", null, button("Look again", redraw)));
}

function replay(endpoint, redraw) {
  const since = h("input", {
    class: "field short", type: "datetime-local", "aria-label": "Since", required: true,
    value: new Date(Date.now() - 5 * DAY_MS - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16),
  });
  const which = h("select", { class: "field short", "aria-label": "Which" },
    h("option", { value: "failed" }, "what was given up"), h("option", { value: "missing" }, "what was never posted"));
  const go = async () => {
    let queued = 0;
    let next = 0;
    do {
      const asked = { since: new Date(since.value).toISOString(), which: which.value, next };
      const done = await call("POST", path(endpoint, "/replay"), asked);
      queued += done.queued;
      next = done.next;
    } while (next !== undefined);
    await redraw();
    say(`${queued} on their way.`);
  };
  return h("div", { class: "row" }, "Post", which, "since", since, button("Replay", go));
}

function card(endpoint, redraw) {
  const below = h("div");
  const open = async () => {
    const log = h("div");
    below.replaceChildren(h("h2", null, "Deliveries"), replay(endpoint, () => deliveries(endpoint, log)), log);
    await deliveries(endpoint, log);
  };
  const act = (method, rest, said) => async () => {
    const answer = await call(method, path(endpoint, rest));
    const secret = answer?.secret;
    await redraw(secret && once("The new secret", secret, "It is not shown again. For 24 hours the old one signs too."));
    say(said);
  };
  return h("section", { class: endpoint.disabled_at ? "card off" : "card", "aria-label": endpoint.url },
    h("div", { class: "card-head" }, h("code", null, endpoint.url), state(endpoint)), facts(endpoint),
    h("div", { class: "card-foot" },
      endpoint.disabled_at && button("Switch on", act("POST", "/enable", "It is on again."), "main"),
      button("Deliveries", open),
      sureButton("Replace the secret", act("POST", "/rotate", "")),
      sureButton("Remove", act("DELETE", "", "It is removed."))),
    below);
}

function adding(redraw) {
  const url = h("input", {
    class: "field", type: "url", name: "url", required: true, placeholder: "https://example.com/hooks/wokflow",
  });
  const checks = Object.entries(EVENTS).map(([name, text]) =>
    h("label", { class: "check" }, h("input", { type: "checkbox", name, checked: true }), h("code", null, name), text));
  return form("Add", [
    h("label", null, "URL", url),
    h("fieldset", null, h("legend", null, "Events"), checks),
  ], async (sent) => {
    const events = Object.keys(EVENTS).filter((name) => sent.elements[name].checked);
    if (events.length === 0) return say("Choose at least one event.", true);
    const made = await call("POST", "webhooks", { url: url.value, events: events.length < checks.length ? events : [] });
    await redraw(once("The endpoint's secret", made.secret, "Verify each post with it. It is not shown again: keep it now."));
  });
}

async function endpoints(place, fresh = "") {
  const { data } = await call("GET", "webhooks");
  const redraw = (made) => endpoints(place, made);
  place.replaceChildren(
    fresh || "",
    ...data.length > 0 ? data.map((endpoint) => card(endpoint, redraw)) : [h("p", { class: "empty" }, "No endpoint yet.")],
    h("h2", null, "Add an endpoint"), adding(redraw));
}

start(async (place) => {
  const list = h("div");
  place.append(
    h("p", { class: "lead" }, "We post to your server when something happens, signed as ",
      h("strong", null, "Standard Webhooks"), ". What is not answered with 2xx is posted again, ten times over three days. ",
      "An endpoint that fails for five days is switched off."),
    list);
  await endpoints(list);
});
