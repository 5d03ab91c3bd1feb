// Shared by the pages under /account: signing in with an API key, calls of the API, forms, and the page's frame.

import { copyButton, h } from "./elements.js";

const STORAGE_KEY = "wokflow.account.key";
const REVOKE_MS = 10_000; // a browser may read a file a little later
const PAGES = [
  ["gallery", "Generations"], ["usage", "Usage"], ["billing", "Billing"], ["api-keys", "API keys"], ["webhooks", "Webhooks"],
  ["team", "Team"], ["settings", "Settings"],
];

const NEXT = /<([^>]+)>;\s*rel="?next"?/; // of the header Link

// The key stays in this tab's session and is gone when the tab is closed.
const storage = {
  get: () => { try { return sessionStorage.getItem(STORAGE_KEY); } catch { return null; } },
  set: (key) => { try { sessionStorage.setItem(STORAGE_KEY, key); } catch { /* without storage, sign in on each page */ } },
  clear: () => { try { sessionStorage.removeItem(STORAGE_KEY); } catch { /* nothing is stored */ } },
};

let apiKey = storage.get();
let person = null; // the signed-in person, unless a key was given

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// An error that belongs to one form control.
export class FieldError extends Error {
  constructor(input, message) {
    super(message);
    this.input = input;
  }
}

export const call = (method, path, body) => callFull(method, `v1/${path}`, body).then(({ json }) => json);

// Return the JSON of a path below /api, and the response. A person is known by a cookie, and visitors by nothing.
export async function callFull(method, path, body, more = {}) {
  const key = apiKey && { Authorization: `Bearer ${apiKey}` };
  const token = person && method !== "GET" && { "X-CSRF-Token": person.csrf_token };
  const headers = { ...key, ...token, ...(body && { "Content-Type": "application/json" }), ...more };
  let response;
  try {
    response = await fetch(`/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new ApiError(0, "The gateway does not respond. Try again in a moment.");
  }
  if (response.status === 204 || (response.ok && more.Accept)) return { json: null, response };
  const json = await response.json().catch(() => null);
  if (response.ok) return { json, response };
  const reason = json?.error?.message ?? json?.error ?? `The gateway responded with ${response.status}.`;
  throw new ApiError(response.status, typeof reason === "string" ? reason : JSON.stringify(reason));
}

// Return the path below /api of the page behind this one, or null.
export function pathOfNext(response) {
  const found = NEXT.exec(response.headers.get("Link") ?? "");
  return found && new URL(found[1], location.href).href.split("/api/")[1];
}

// A key that was given in this tab counts before the person of the cookie.
async function findPerson() {
  if (!apiKey) person = await call("GET", "account/person").catch(() => null);
}

export const currentPerson = () => person;

export const isSignedIn = () => Boolean(apiKey || person);

export const isCurrentKey = (hint) => Boolean(apiKey?.endsWith(hint.split("...")[1] ?? " "));

export const formatTime = (text) => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

export const timeElement = (text) => h("time", { datetime: text, title: text }, formatTime(text));

// Screen readers read it aloud. It sticks to the top of the window, so that it is in view wherever the button is.
const message = h("p", { class: "message", role: "status" });

export function announce(text, bad = false) {
  message.textContent = text;
  message.classList.toggle("bad", bad);
}

export function focus(element) {
  if (!element.hasAttribute("tabindex") && element.tabIndex < 0) element.setAttribute("tabindex", "-1");
  element.focus();
}

// ---- Actions ----

// A busy button ignores clicks. It is not disabled, because a disabled element loses the focus.
async function runAction(element, act, showError) {
  if (element.getAttribute("aria-disabled")) return;
  element.setAttribute("aria-disabled", "true");
  announce("");
  try {
    await act();
  } catch (error) {
    if (error instanceof FieldError) showFieldError(error.input, error.message);
    else if (!(error instanceof ApiError)) throw error;
    else if (error.status === 401) showSignIn(error.message);
    else showError(error.message);
  } finally {
    element.removeAttribute("aria-disabled");
  }
}

// `name` is read aloud in place of `text`, which it has to contain: it says what the button acts on.
export function button(text, act, { kind = "", name = text } = {}) {
  const onclick = (event) => runAction(event.currentTarget, act, (problem) => announce(problem, true));
  return h("button", { type: "button", class: `button ${kind}`, "aria-label": name, onclick }, text);
}

// An action that cannot be undone needs two clicks. Leaving the button or pressing Escape cancels the first one.
export function confirmButton(verb, target, act) {
  let armed = false;
  const set = (value) => {
    armed = value;
    const text = armed ? `Click again to ${verb.toLowerCase()}` : verb;
    element.textContent = text;
    element.setAttribute("aria-label", `${text} ${target}`);
    element.classList.toggle("armed", armed);
  };
  const element = button(verb, async () => {
    if (armed) {
      await act();
      set(false);
    } else {
      set(true);
      announce(`Click again to ${verb.toLowerCase()} ${target}.`);
    }
  }, { kind: "danger" });
  element.addEventListener("blur", () => set(false));
  element.addEventListener("keydown", (event) => event.key === "Escape" && set(false));
  set(false);
  return element;
}

// ---- Forms ----

function showFieldError(input, text) {
  document.getElementById(`${input.id}-error`).textContent = text;
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

function clearFieldError(input) {
  document.getElementById(`${input.id}-error`).textContent = "";
  input.removeAttribute("aria-invalid");
}

// A labelled control with room for its error, which is read aloud. `input` needs an id.
export function field(label, input) {
  input.setAttribute("aria-describedby", `${input.id}-error`);
  input.addEventListener("input", () => clearFieldError(input));
  return h("div", { class: "form-field" }, h("label", { for: input.id }, label), input, fieldError(input.id));
}

export const fieldError = (id) => h("p", { class: "field-error", id: `${id}-error`, role: "alert" });

// Refusals of the API are shown next to `input`, the control that they are most likely about.
export function form(label, input, fields, act) {
  const submit = h("button", { type: "submit", class: "button main" }, label);
  return h("form", {
    class: "form",
    onsubmit: (event) => {
      event.preventDefault();
      runAction(submit, () => act(event.target), (problem) => showFieldError(input, problem));
    },
  }, fields, h("div", null, submit));
}

export function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
}

// A secret that is shown once, with a button to copy it.
export function secretCard(title, secret, text) {
  return h("section", { class: "card secret", "aria-label": title, tabindex: -1 },
    h("strong", null, title), h("pre", null, h("code", null, secret)),
    h("div", { class: "row" }, copyButton(() => secret, "button"), h("span", { class: "quiet" }, text)));
}

// ---- The page ----

function drawNavigation(account) {
  const current = location.pathname.split("/").pop();
  const links = PAGES.map(([name, title]) =>
    h("li", null, h("a", { href: `/account/${name}`, "aria-current": name === current && "page" }, title)));
  const signOut = async () => {
    if (person) await call("POST", "account/sign-out").catch(() => null);
    storage.clear();
    location.reload();
  };
  const profile = account && h("div", { class: "profile" },
    h("strong", null, account.name),
    person && h("span", { class: "quiet" }, `${person.name}, ${person.role}`),
    h("span", { class: "quiet" }, `Plan: ${account.plan}`),
    h("button", { type: "button", class: "button", onclick: signOut }, "Sign out"));
  document.getElementById("nav").replaceChildren(
    h("ol", null, h("li", null, h("a", { href: "/playground", "aria-current": current === "playground" && "page" }, "Playground")), links,
      h("li", null, h("a", { href: "/docs" }, "Documentation"))), profile || "");
}

function showSignIn(problem = "") {
  storage.clear();
  apiKey = person = null;
  drawNavigation(null);
  const next = encodeURIComponent(location.pathname);
  const input = h("input", {
    class: "field", id: "key", type: "password", required: true, autocomplete: "off", spellcheck: "false",
    placeholder: "wf_live_... or wok_...",
  });
  document.getElementById("content").replaceChildren(
    h("p", { class: "lead" }, h("a", { href: `/sign-in?next=${next}` }, "Sign in with your e-mail address"), ", or with an API key of "
      + "your account. The key stays in this tab and is sent only to this gateway."),
    form("Sign in", input, field("API key", input), async () => {
      apiKey = input.value.trim();
      await call("GET", "account").catch((error) => { throw new FieldError(input, error.message); });
      storage.set(apiKey);
      await openPage();
      focus(document.getElementById("main"));
    }),
    message,
    h("p", { class: "quiet" }, "No account yet? ", h("a", { href: "/sign-up" }, "Create one"), ", or let your operator do it with ",
      h("code", null, "wokflow account create"), "."));
  if (problem) showFieldError(input, problem);
  else input.focus();
}

let drawContent;

async function openPage() {
  await findPerson();
  if (!isSignedIn()) return showSignIn();
  try {
    const account = await call("GET", "account");
    drawNavigation(account);
    const body = h("div");
    document.getElementById("content").replaceChildren(message, body);
    await drawContent(body, account);
  } catch (error) {
    if (error.status === 401) return showSignIn(error.message);
    // A role that may not do everything still sees what was drawn before the refusal.
    if (error.status !== 403 || !message.isConnected) document.getElementById("content").replaceChildren(message);
    announce(error.message, true);
  }
}

// For a page that visitors without a key may use, too.
export async function startOpen(draw) {
  connectMenu();
  const content = document.getElementById("content");
  let account = null;
  await findPerson();
  if (isSignedIn()) {
    account = await call("GET", "account").catch((error) => {
      if (error.status === 401) { storage.clear(); apiKey = person = null; }
      return null;
    });
  }
  drawNavigation(account);
  const signIn = h("p", { class: "lead" }, h("a", { href: "/sign-in?next=/playground" }, "Sign in"), " or ",
    h("a", { href: "/sign-up" }, "create an account"), " to use every model with all its parameters.");
  content.replaceChildren(...(isSignedIn() ? [] : [signIn]), message);
  try {
    await draw();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    announce(error.message, true);
  }
}

export function start(draw) {
  drawContent = draw;
  connectMenu();
  return openPage();
}

function connectMenu() {
  const menu = document.getElementById("menu");
  menu.addEventListener("click", () => {
    const opened = document.getElementById("nav").classList.toggle("open");
    menu.setAttribute("aria-expanded", String(opened));
  });
}
