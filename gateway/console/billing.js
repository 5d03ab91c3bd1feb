// Draws /account/billing: the balance, top-ups and vouchers, every movement of money, and monthly statements.

import { announce, button, call, callFull, field, form, pathOfNext, saveFile, start, timeElement } from "./account.js";
import { h } from "./elements.js";
import { dollars } from "./outputs.js";

const PAGE = 50;
const KINDS = { topup: "Top-up", spend: "Charge", refund: "Refund", correction: "Correction" };

function topUpForm() {
  const input = h("input", { class: "field short", id: "top-up", type: "number", min: 1, max: 10_000, step: 0.01, required: true, value: "20.00" });
  return form("Pay by card", input, field("Amount, in US dollars", input), async () => {
    const made = await call("POST", "account/checkout", { amount_cents: Math.round(Number(input.value) * 100) });
    location.assign(made.url);
  });
}

function voucherForm(redraw) {
  const input = h("input", { class: "field", id: "voucher", type: "text", required: true, maxlength: 100, autocomplete: "off", spellcheck: "false" });
  return form("Redeem", input, field("Voucher", input), async () => {
    await call("POST", "vouchers/redeem", { voucher: input.value.trim() });
    await redraw();
    announce("The voucher's amount is on your balance.");
  });
}

function movementRow(one) {
  const subject = one.generation_id ? h("a", { href: `/account/gallery?id=${encodeURIComponent(one.generation_id)}` }, one.model ?? "generation") : one.reference ?? "";
  return h("tr", null, h("td", null, timeElement(one.created_at)), h("td", null, KINDS[one.type] ?? one.type), h("td", null, subject),
    h("td", { class: "amount" }, dollars(one.amount_micros)));
}

async function drawMovements(place) {
  const rows = h("tbody");
  const more = h("div", { class: "card-foot" });
  const load = async (path) => {
    const { json, response } = await callFull("GET", path);
    rows.append(...json.data.map(movementRow));
    const next = pathOfNext(response);
    more.replaceChildren(next ? button("Show more", () => load(next)) : "");
  };
  place.replaceChildren(h("div", { class: "table", role: "region", "aria-label": "Movements", tabindex: 0 }, h("table", null,
    h("thead", null, h("tr", null, ["Time", "Kind", "Of", "Amount"].map((head) => h("th", { scope: "col" }, head)))), rows)), more);
  await load(`v1/transactions?limit=${PAGE}`);
}

function statementForm() {
  const input = h("input", { class: "field short", id: "month", type: "month", required: true, value: new Date().toISOString().slice(0, 7) });
  return form("Download the statement", input, field("Month", input), async () => {
    const { response } = await callFull("GET", `v1/statements/${encodeURIComponent(input.value)}`, null, { Accept: "application/pdf" });
    saveFile(await response.blob(), `statement-${input.value}.pdf`);
  });
}

start(async (body) => {
  const figures = h("dl", { class: "figures" });
  const movements = h("div");
  const redraw = async () => {
    const balance = await call("GET", "balance");
    const values = { Balance: balance.balance_micros, "Top-ups": balance.total_topup_micros, Spent: balance.total_spent_micros };
    figures.replaceChildren(...Object.entries(values).map(([title, micros]) => h("div", null, h("dt", null, title), h("dd", null, dollars(micros)))));
    await drawMovements(movements);
  };
  body.replaceChildren(figures, h("h2", null, "Top up"), topUpForm(), h("h2", null, "Voucher"), voucherForm(redraw),
    h("h2", null, "Statements"), statementForm(), h("h2", null, "Movements"), movements);
  await redraw();
});
