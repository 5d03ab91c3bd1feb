// What the pages under /account share: signing in with an API key, calls of the API, the frame around the content.

import { copyButton, h } from "./elements.js";

const KEY = "wokflow.account.key";
const PAGES = [["api-keys", "API keys"], ["webhooks", "Webhooks"]];
const SURE_MS = 4000;

// The key is kept for this tab alone, and is gone when it is closed.
const storage = {
  get: () => { try { return sessionStorage.getItem(KEY); } catch { return null; } },
  set: (key) => { try { sessionStorage.setItem(KEY, key); } catch { /* a browser without storage asks again */ } },
  clear: () => { try { sessionStorage.removeItem(KEY); } catch { /* nothing was kept */ } },
};

let key = storage.get();

export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function call(method, path, body) {
  const headers = { Authorization: `Bearer ${key}`, ...(body && { "Content-Type": "application/json" }) };
  let response;
  try {
    response = await fetch(`../api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Refusal(0, "The gateway does not answer. Try again in a moment.");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Refusal(response.status, answer?.error?.message ?? `The gateway answered ${response.status}.`);
  return answer;
}

export const endsLike = (hint) => key.endsWith(hint.split("...")[1] ?? " ");

export const moment = (text) =>
  h("time", { datetime: text, title: text }, new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));

// Says what happened, and reads it to those who cannot see it.
const message = h("p", { class: "message", role: "status" });

export function say(text, bad = false) {
  message.textContent = text;
  message.classList.toggle("bad", bad);
}

// A button whose work is under way cannot be pressed again; what goes wrong is said.
export function button(text, act, kind = "") {
  return h("button", { type: "button", class: `button ${kind}`, onclick: (event) => busy(event.currentTarget, act) }, text);
}

async function busy(element, act) {
  element.disabled = true;
  say("");
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 401) signIn(error.message);
    else say(error.message, true);
  } finally {
    element.disabled = false;
  }
}

// What cannot be undone is asked for twice.
export function sureButton(text, act) {
  let timer;
  const calm = () => { made.textContent = text; made.classList.remove("sure"); timer = undefined; };
  const made = button(text, async () => {
    if (timer === undefined) {
      made.textContent = `${text}: sure?`;
      made.classList.add("sure");
      timer = setTimeout(calm, SURE_MS);
    } else {
      clearTimeout(timer);
      calm();
      await act();
    }
  }, "danger");
  return made;
}

export function form(label, fields, act) {
  const submit = h("button", { type: "submit", class: "button main" }, label);
  return h("form", {
    class: "form", onsubmit: (event) => { event.preventDefault(); busy(submit, () => act(event.target)); },
  }, fields, h("div", null, submit));
}

// What is shown once, with a button to take it along.
export function once(title, secret, text) {
  return h("section", { class: "card once", "aria-label": title },
    h("strong", null, title), h("pre", null, h("code", null, secret)),
    h("div", { class: "row" }, copyButton(() => secret, "button"), h("span", { class: "quiet" }, text)));
}

function navigation(account) {
  const here = location.pathname.split("/").pop();
  const links = PAGES.map(([name, title]) =>
    h("li", null, h("a", { href: name, "aria-current": name === here && "page" }, title)));
  const who = account && h("div", { class: "who" },
    h("strong", null, account.name), h("span", { class: "quiet" }, `Plan ${account.plan}`),
    h("button", { type: "button", class: "button", onclick: () => { storage.clear(); location.reload(); } }, "Sign out"));
  document.getElementById("nav").replaceChildren(
    h("ol", null, links, h("li", null, h("a", { href: "../docs" }, "Documentation"))), who || "");
}

function signIn(problem = "") {
  storage.clear();
  navigation(null);
  const field = h("input", {
    class: "field", type: "password", name: "key", required: true, autocomplete: "off", spellcheck: "false",
    placeholder: "wf_live_... or wok_...",
  });
  document.getElementById("content").replaceChildren(
    h("p", { class: "lead" }, "Sign in with a key of your account. It stays in this tab and is sent to this gateway alone."),
    form("Sign in", h("label", null, "API key", field), async () => {
      key = field.value.trim();
      await call("GET", "account");
      storage.set(key);
      await open();
    }),
    message,
    h("p", { class: "quiet" }, "No key yet? Your operator makes an account with its first keys: ",
      h("code", null, "wokflow account create"), "."));
  say(problem, true);
  field.focus();
}

let draw;

async function open() {
  if (!key) return signIn();
  try {
    const account = await call("GET", "account");
    navigation(account);
    const content = document.getElementById("content");
    const place = h("div");
    content.replaceChildren(message, place);
    await draw(place, account);
  } catch (error) {
    if (error.status === 401) return signIn(error.message);
    document.getElementById("content").replaceChildren(message);
    say(error.message, true);
  }
}

export function start(drawn) {
  draw = drawn;
  const menu = document.getElementById("menu");
  menu.addEventListener("click", () => {
    const opened = document.getElementById("nav").classList.toggle("open");
    menu.setAttribute("aria-expanded", String(opened));
  });
  return open();
}
