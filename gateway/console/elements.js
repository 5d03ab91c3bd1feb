// Elements, text and code panels of the pages. Text is inserted as text, never as HTML.

const COPIED_MS = 1500;
const LANGUAGE = "wokflow.docs.language";
const CODE =
  /("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)|(#[^\n]*|\/\/[^\n]*)|\b(import|from|def|return|raise|if|not|any|for|in|while|const|let|await|async|function|throw|new|export|true|false|null|True|False|None)\b|\b(\d[\d_.]*)\b/g;

export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

// An element of the same kind of drawing as `parent`, which the page has.
export function svg(parent, tag, properties, ...children) {
  const element = document.createElementNS(parent.namespaceURI, tag);
  for (const [name, value] of Object.entries(properties ?? {})) element.setAttribute(name, value);
  element.append(...children.flat(Infinity));
  return element;
}

export const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

export function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`")) return h("code", null, part.slice(1, -1));
    return part.startsWith("**") ? h("strong", null, part.slice(2, -2)) : part;
  });
}

export function prose(text) {
  return text.trim().split(/\n{2,}/).map((block) =>
    block.startsWith("- ")
      ? h("ul", null, block.split(/\n(?=- )/).map((item) => h("li", null, inline(item.slice(2)))))
      : h("p", null, inline(block)));
}

function highlight(source) {
  const names = [null, "string", "comment", "keyword", "number"];
  const parts = [];
  let end = 0;
  for (const found of source.matchAll(CODE)) {
    const kind = names.findIndex((name, index) => name && found[index] !== undefined);
    parts.push(source.slice(end, found.index), h("span", { class: `c-${names[kind]}` }, found[0]));
    end = found.index + found[0].length;
  }
  return [...parts, source.slice(end)];
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages loaded over plain HTTP have no clipboard API; this deprecated command still works there.
    const area = h("textarea", { class: "skip" }, text);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
}

export const copyButton = (text, kind = "copy") =>
  h("button", { type: "button", class: kind, onclick: (event) => copy(text(), event.currentTarget) }, "Copy");

function readLanguage() {
  try { return localStorage.getItem(LANGUAGE); } catch { return null; }
}

function selectLanguage(label) {
  try { localStorage.setItem(LANGUAGE, label); } catch { /* without storage, the choice lasts until the page is left */ }
  for (const panel of document.querySelectorAll(".panel.samples")) panel.show(label);
}

export function samplesPanel(samples, title) {
  const code = h("code");
  let shown = samples[0];
  const tabs = samples.map((sample) =>
    h("button", { type: "button", class: "tab", onclick: () => selectLanguage(sample.label) }, sample.label));
  const panel = h("div", { class: "panel samples" },
    h("div", { class: "panel-head" },
      h("div", { class: "tabs", role: "group", "aria-label": title }, tabs), copyButton(() => shown.source)),
    h("pre", { tabindex: 0 }, code));
  panel.show = (label) => {
    shown = samples.find((sample) => sample.label === label) ?? shown;
    code.replaceChildren(...highlight(shown.source));
    tabs.forEach((tab, index) => tab.setAttribute("aria-pressed", samples[index] === shown));
  };
  panel.show(readLanguage());
  return panel;
}

export function examplesPanel(title, examples) {
  if (!examples.length || examples[0].status >= 400) return null;
  const code = h("code");
  let shown = "";
  const show = (index) => {
    shown = JSON.stringify(examples[index].value, null, 2);
    code.replaceChildren(...highlight(shown));
  };
  const picker = h("select", { "aria-label": title, onchange: (event) => show(event.target.selectedIndex) },
    examples.map(({ name }) => h("option", null, name)));
  show(0);
  return h("div", { class: "panel" },
    h("div", { class: "panel-head" }, h("span", { class: "panel-title" }, title),
      examples.length > 1 ? picker : h("span", { class: "panel-name" }, examples[0].name), copyButton(() => shown)),
    h("pre", { tabindex: 0 }, code));
}
