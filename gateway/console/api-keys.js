// Draws /account/api-keys: the account's keys, its balance and its low-balance alert.

import {
  announce, button, call, confirmButton, field, focus, form, isCurrentKey, secretCard, start, timeElement,
} from "./account.js";
import { h } from "./elements.js";

const PREFIXES = { wowflow: "wf_live_", wokgen: "wok_" };

const dollars = (cents) => (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });

function keyRow(key, redraw) {
  const current = isCurrentKey(key.hint) && h("span", { class: "badge good" }, "current");
  return h("tr", null,
    h("td", null, h("code", null, key.hint), " ", current),
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
  const createButtons = Object.entries(PREFIXES).map(([kind, prefix]) => button(`Create ${prefix} key`, async () => {
    const created = await call("POST", "keys", { kind });
    await redraw(secretCard("Your new key", created.key, "Save it now. It is not shown again."));
  }, { kind: kind === "wowflow" ? "main" : "" }));
  const titles = ["Key", "Created", "Action"];
  const table = h("div", { class: "table", role: "region", "aria-label": "Active keys", tabindex: -1 }, h("table", null,
    h("thead", null, h("tr", null, titles.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", null, data.map((key) => keyRow(key, redraw)))));
  list.replaceChildren(table, h("div", { class: "card-foot" }, createButtons), secret ?? "");
  if (changed) focus(secret ?? table);
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
