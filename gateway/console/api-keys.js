// Draws /account/api-keys: the account's keys, its balance and its low-balance alert.

import {
  announce, button, call, confirmButton, field, FieldError, focus, form, formatTime, isCurrentKey, secretCard, start,
  timeElement,
} from "./account.js";
import { h } from "./elements.js";

const DAY_MS = 86_400_000;
const PREFIXES = { wowflow: "wf_live_", wokgen: "wok_" };

const dollars = (cents) => (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });

const SCOPES = { generate: "create", read: "read", webhooks: "manage webhooks", manage: "manage keys" };

function limitsOf(key) {
  const caps = { day_cents: "a day", month_cents: "a month", total_cents: "in total" };
  const limits = key.scopes.map((scope) => SCOPES[scope]);
  limits.push(...key.models, ...key.kinds, ...key.ip_addresses);
  for (const [name, text] of Object.entries(key.spend_caps ? caps : {})) {
    if (key.spend_caps[name] !== null) limits.push(`${dollars(key.spend_caps[name])} ${text}`);
  }
  if (key.spent) limits.push(`${dollars(key.spent.total_micros / 10_000)} spent`);
  if (key.expires_at) limits.push(`until ${formatTime(key.expires_at)}`);
  return limits.join(", ") || "none";
}

function keyRow(key, redraw) {
  const current = isCurrentKey(key.hint) && h("span", { class: "badge good" }, "current");
  return h("tr", null,
    h("td", null, key.name, key.name && h("br"), h("code", null, key.hint), " ", current),
    h("td", null, limitsOf(key)),
    h("td", null, key.last_used_at ? timeElement(key.last_used_at) : "never"),
    h("td", null, timeElement(key.created_at)),
    h("td", null, confirmButton("Revoke", key.hint, async () => {
      await call("DELETE", `keys/${key.id}`);
      await redraw();
      announce(`${key.hint} is revoked.`);
    })));
}

// `secret` is the card of a key that was just created. The focus goes there, or to the table after a change of it.
async function drawKeys(list, secret = null, changed = false) {
  const { data } = await call("GET", "keys");
  const redraw = (card) => drawKeys(list, card, true);
  const create = async (body) => {
    const created = await call("POST", "keys", body);
    await redraw(secretCard("Your new key", created.key, "Save it now. It is not shown again."));
  };
  const createButtons = Object.entries(PREFIXES).map(([kind, prefix]) =>
    button(`Create ${prefix} key`, () => create({ kind }), { kind: kind === "wowflow" ? "main" : "" }));
  const titles = ["Key", "Limits", "Last used", "Created", "Action"];
  const table = h("div", { class: "table", role: "region", "aria-label": "Active keys", tabindex: -1 }, h("table", null,
    h("thead", null, h("tr", null, titles.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", null, data.map((key) => keyRow(key, redraw)))));
  const limited = h("details", null, h("summary", null, "Create a key with limits, to give away"), limitedForm(create));
  list.replaceChildren(table, h("div", { class: "card-foot" }, createButtons), limited, secret ?? "");
  if (changed) focus(secret ?? table);
}

function limitedForm(create) {
  const number = (id, step) => h("input", { class: "field short", id, type: "number", min: step, step });
  const name = h("input", { class: "field", id: "key-name", type: "text", maxlength: 100, required: true });
  const [day, total, days] = [number("key-day", 0.01), number("key-total", 0.01), number("key-days", 1)];
  const scopes = Object.entries(SCOPES).map(([scope, text]) => h("label", { class: "check" },
    h("input", { type: "checkbox", name: "scope", value: scope, checked: scope === "generate" }), `May ${text}`));
  const cents = (input) => (input.value ? Math.round(Number(input.value) * 100) : null);
  return form("Create key", name, [
    field("Name", name),
    h("fieldset", null, h("legend", null, "What it may do"), scopes),
    field("At most a day, in US dollars (empty: no cap)", day),
    field("At most in total, in US dollars (empty: no cap)", total),
    field("Days until it expires (empty: never)", days),
  ], async (element) => {
    const checked = [...element.querySelectorAll("[name=scope]:checked")].map((box) => box.value);
    if (!checked.length) throw new FieldError(name, "Choose what the key may do.");
    const expires = days.value && new Date(Date.now() + Number(days.value) * DAY_MS).toISOString();
    const caps = { day_cents: cents(day), total_cents: cents(total) };
    await create({
      name: name.value, scopes: checked, expires_at: expires || null,
      spend_caps: day.value || total.value ? caps : null,
    });
  });
}

function alertForm(account) {
  const input = h("input", {
    class: "field short", id: "low", type: "number", min: 0, max: 1_000_000, step: 0.01, required: true,
    value: (account.low_balance_cents / 100).toFixed(2),
  });
  return form("Save", input, field("Alert below, in US dollars (0 turns it off)", input), async () => {
    const cents = Math.round(Number(input.value) * 100);
    const changed = await call("PATCH", "account", { low_balance_cents: cents });
    const low = changed.low_balance_cents;
    announce(low ? `Saved. The alert is sent when the balance falls below ${dollars(low)}.` : "Saved. The alert is off.");
  });
}

start(async (body, account) => {
  const balance = await call("GET", "balance");
  const list = h("div");
  const figures = { Balance: "balance_cents", "Top-ups": "total_topup_cents", Spent: "total_spent_cents" };
  body.append(
    h("p", { class: "lead" }, "Send an API key with every request, in the header ", h("code", null, "Authorization: Bearer ..."),
      ". Both kinds work with every API. A revoked key stops working at once."),
    list,
    h("h2", null, "Balance"),
    h("dl", { class: "figures" }, Object.entries(figures).map(([title, name]) =>
      h("div", null, h("dt", null, title), h("dd", null, dollars(balance[name]))))),
    h("h2", null, "Low-balance alert"),
    h("p", { class: "lead" }, "When a generation takes the balance below this amount, your ", h("a", { href: "webhooks" }, "webhooks"),
      " receive ", h("code", null, "balance.low"), ". The alert is sent once until your next top-up."),
    alertForm(account));
  await drawKeys(list);
});
