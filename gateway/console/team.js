// Draws /account/team: the people of the account, their roles, and the open invitations.

import { announce, call, confirmButton, currentPerson, field, form, start, timeElement } from "./account.js";
import { h } from "./elements.js";

const ROLES = { owner: "owner: everything", admin: "admin: everything but owners", member: "member: orders and reads", billing: "billing: reads and pays" };
const MANAGERS = ["owner", "admin"];

const rolePicker = (id, chosen, label) => h("select", { class: "field short", id, "aria-label": label },
  Object.entries(ROLES).map(([role, text]) => h("option", { value: role, selected: role === chosen }, text)));

function memberRow(member, me, redraw) {
  const manages = MANAGERS.includes(me.role);
  const picker = rolePicker(`role-${member.id}`, member.role, `Role of ${member.name}`);
  picker.addEventListener("change", async () => {
    try {
      await call("PATCH", `account/members/${encodeURIComponent(member.id)}`, { role: picker.value });
      announce(`${member.name} is ${picker.value} now.`);
    } catch (error) {
      announce(error.message, true);
    }
    await redraw();
  });
  const own = member.id === me.id;
  const remove = confirmButton(own ? "Leave" : "Remove", own ? "this account" : member.name, async () => {
    await call("DELETE", `account/members/${encodeURIComponent(member.id)}`);
    if (own) location.assign("/sign-in");
    else await redraw();
  });
  return h("tr", null,
    h("td", null, member.name, own && h("span", { class: "badge good" }, "you"), h("br"), h("span", { class: "quiet" }, member.email)),
    h("td", null, manages && !own ? picker : member.role), h("td", null, timeElement(member.since)),
    h("td", null, manages || own ? remove : ""));
}

function table(title, heads, rows) {
  return h("div", { class: "table", role: "region", "aria-label": title, tabindex: 0 }, h("table", null,
    h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", null, rows)));
}

async function invitations(redraw) {
  const { data } = await call("GET", "account/invitations");
  const email = h("input", { class: "field", id: "invite-email", type: "email", required: true, maxlength: 254, autocomplete: "off" });
  const role = rolePicker("invite-role", "member", "Role");
  const invite = form("Send the invitation", email, [field("E-mail address", email), field("Role", role)], async () => {
    const sent = await call("POST", "account/invitations", { email: email.value.trim(), role: role.value });
    await redraw();
    announce(`The invitation to ${sent.email} is on its way.`);
  });
  const rows = data.map((one) => h("tr", null, h("td", null, one.email), h("td", null, one.role), h("td", null, timeElement(one.expires_at)),
    h("td", null, confirmButton("Withdraw", `the invitation to ${one.email}`, async () => {
      await call("DELETE", `account/invitations/${encodeURIComponent(one.id)}`);
      await redraw();
    }))));
  return [h("h2", null, "Invitations"), rows.length ? table("Open invitations", ["E-mail address", "Role", "Expires", "Action"], rows) : "",
    h("h2", null, "Invite somebody"), invite];
}

start(async (body) => {
  const me = currentPerson();
  if (!me) {
    body.replaceChildren(h("p", { class: "empty" }, h("a", { href: "/sign-in?next=/account/team" }, "Sign in with your e-mail address"), " to see the people of the account."));
    return;
  }
  const redraw = async () => {
    const { data } = await call("GET", "account/members");
    body.replaceChildren(h("p", { class: "lead" }, "Everybody here works on the same balance, keys and generations."),
      table("People", ["Person", "Role", "Since", "Action"], data.map((one) => memberRow(one, me, redraw))),
      ...(MANAGERS.includes(me.role) ? await invitations(redraw) : []));
  };
  await redraw();
});
