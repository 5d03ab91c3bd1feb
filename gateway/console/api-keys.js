// Draws /account/api-keys: the account's keys, its balance, and below which balance it is warned.

import { button, call, endsLike, form, moment, once, say, start, sureButton } from "./account.js";
import { h } from "./elements.js";

const KINDS = { wowflow: "wf_live_", wokgen: "wok_" };

const dollars = (cents) => (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });

function keyRow(key, redraw) {
  return h("tr", null,
    h("td", null, h("code", null, key.hint), " ", endsLike(key.hint) && h("span", { class: "badge good" }, "this one")),
    h("td", null, moment(key.created_at)),
    h("td", null, sureButton("Revoke", async () => {
      await call("DELETE", `keys/${key.id}`);
      await redraw();
      say(`${key.hint} is revoked.`);
    })));
}

async function keys(place, fresh = "") {
  const { data } = await call("GET", "keys");
  const redraw = (made) => keys(place, made);
  const makers = Object.entries(KINDS).map(([kind, prefix]) => button(`New ${prefix} key`, async () => {
    const made = await call("POST", "keys", { kind });
    await redraw(once("Your new key", made.key, "It is not shown again: keep it now."));
  }, kind === "wowflow" ? "main" : ""));
  place.replaceChildren(
    h("div", { class: "table" }, h("table", null,
      h("thead", null, h("tr", null, ["Key", "Made", ""].map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", null, data.map((key) => keyRow(key, redraw))))),
    h("p", { class: "card-foot" }, makers), fresh);
}

function warning(account) {
  const field = h("input", {
    class: "field short", type: "number", name: "low", min: 0, max: 1_000_000, step: 0.01, required: true,
    value: (account.low_balance_cents / 100).toFixed(2),
  });
  return form("Save", h("label", null, "Warn below, in dollars; 0 is never", field), async () => {
    const cents = Math.round(Number(field.value) * 100);
    const changed = await call("PATCH", "account", { low_balance_cents: cents });
    say(changed.low_balance_cents ? `You are told when the balance falls below ${dollars(cents)}.` : "You are not told.");
  });
}

start(async (place, account) => {
  const balance = await call("GET", "balance");
  const list = h("div");
  const figures = { Balance: "balance_cents", "Topped up": "total_topup_cents", Spent: "total_spent_cents" };
  place.append(
    h("p", { class: "lead" }, "Send a key with every call, in the header ", h("code", null, "Authorization: Bearer ..."),
      ". Either kind works everywhere; a key that is revoked stops at once."),
    list,
    h("h2", null, "Balance"),
    h("dl", { class: "figures" }, Object.entries(figures).map(([title, name]) =>
      h("div", null, h("dt", null, title), h("dd", null, dollars(balance[name]))))),
    h("p", { class: "lead" }, "When an order takes the balance below this, your ", h("a", { href: "webhooks" }, "webhooks"),
      " get ", h("code", null, "balance.low"), ": once, until you top up."),
    warning(account));
  await keys(list);
});
