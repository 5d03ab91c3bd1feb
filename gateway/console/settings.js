// Draws /account/settings: spend caps, the person's password and sessions, and the account's data.

import { announce, button, call, callFull, confirmButton, currentPerson, field, FieldError, form, saveFile, start, timeElement } from "./account.js";
import { h } from "./elements.js";

function capsForm(account) {
  const cap = (name) => (account.spend_caps?.[name] == null ? "" : (account.spend_caps[name] / 100).toFixed(2));
  const number = (id, name) => h("input", { class: "field short", id, type: "number", min: 0, step: 0.01, value: cap(name) });
  const [day, month] = [number("cap-day", "day_cents"), number("cap-month", "month_cents")];
  const cents = (input) => (input.value === "" ? null : Math.round(Number(input.value) * 100));
  return form("Save", day, [
    field("All orders of a day, in US dollars (empty: no cap)", day), field("All orders of a month, in US dollars (empty: no cap)", month),
  ], async () => {
    const caps = { day_cents: cents(day), month_cents: cents(month), total_cents: account.spend_caps?.total_cents ?? null };
    const none = Object.values(caps).every((one) => one === null);
    await call("PATCH", "account", { spend_caps: none ? null : caps });
    announce("Saved. Orders past a cap are refused, and cost nothing.");
  });
}

function passwordForm() {
  const old = h("input", { class: "field", id: "old-password", type: "password", required: true, autocomplete: "current-password" });
  const fresh = h("input", { class: "field", id: "new-password", type: "password", required: true, autocomplete: "new-password" });
  return form("Change the password", old, [field("Password", old), field("New password", fresh)], async () => {
    await call("POST", "account/password", { current_password: old.value, password: fresh.value });
    location.reload();
  });
}

async function sessionsTable(redraw) {
  const { data } = await call("GET", "account/sessions");
  const rows = data.map((one) => h("tr", null,
    h("td", null, one.agent || "unknown", one.current && h("span", { class: "badge good" }, "this one")), h("td", null, one.address),
    h("td", null, timeElement(one.created_at)),
    h("td", null, one.current ? "" : confirmButton("Close", "this session", async () => {
      await call("DELETE", `account/sessions/${encodeURIComponent(one.id)}`);
      await redraw();
    }))));
  const closeAll = button("Close all others", async () => {
    await call("DELETE", "account/sessions");
    await redraw();
    announce("All other sessions are closed.");
  });
  return [h("div", { class: "table", role: "region", "aria-label": "Sessions", tabindex: 0 }, h("table", null,
    h("thead", null, h("tr", null, ["Browser", "Address", "Since", "Action"].map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", null, rows))), h("div", { class: "card-foot" }, data.length > 1 ? closeAll : "")];
}

async function exportData() {
  announce("The export is being made. This may take a while.");
  const { response } = await callFull("GET", "v1/account/export", null, { Accept: "application/zip" });
  saveFile(await response.blob(), "wokflow-export.zip");
  announce("The export is complete.");
}

function eraseForm(account) {
  const input = h("input", { class: "field", id: "erase", type: "text", required: true, autocomplete: "off", placeholder: account.id });
  return form("Delete the account", input, field("To confirm, enter the id of the account", input), async () => {
    if (input.value.trim() !== account.id) throw new FieldError(input, `This is not its id, which is ${account.id}.`);
    await call("DELETE", `account?confirm=${encodeURIComponent(account.id)}`);
    location.assign("/");
  });
}

start(async (body, account) => {
  const sessions = h("div");
  const drawSessions = async () => sessions.replaceChildren(...(await sessionsTable(drawSessions)));
  const person = currentPerson();
  body.replaceChildren(
    h("h2", null, "Spend caps"), capsForm(account),
    ...(person ? [h("h2", null, "Password"), passwordForm(), h("h2", null, "Sessions"), sessions] : []),
    h("h2", null, "Your data"),
    h("p", { class: "lead" }, "An archive with your generations, their files, ledger, usage, keys and events."),
    button("Export everything", exportData),
    h("h2", null, "Delete the account"),
    h("p", { class: "lead" }, "Keys stop at once, prompts and outputs are erased, and the rest of the balance is lost. This cannot be undone."),
    eraseForm(account));
  if (person) await drawSessions();
});
