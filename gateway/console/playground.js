// Draws /playground: order from any model with every parameter, see the price, follow the order, and get its code.

import { announce, ApiError, call, callFull, field, FieldError, fieldError, isSignedIn, startOpen } from "./account.js";
import { h, samplesPanel } from "./elements.js";
import { inputControls, orderSnippets } from "./order-form.js";
import { describeStage, dollars, follow, outputElement, resultElements, textElement } from "./outputs.js";

const QUOTE_AFTER_MS = 350;
const POLL_MS = 1500;
const PROMPTS = { voice: "Text to say", upscale: "Prompt (optional)", interrogate: "Prompt (optional)" };
const EXAMPLES = {
  image: "A small red boat on a calm lake in the early morning light", video: "A red boat leaves the harbour at dawn",
  text: "A short note about a red boat", voice: "The red boat leaves at seven.", music: "Calm piano, slow",
  enhance: "a red boat", upscale: "", interrogate: "",
};
// The call needs a prompt, and these kinds do not.
const PROMPTS_OF_TOOLS = { upscale: "Enlarge this image", interrogate: "Describe this image" };
// The calls that visitors without an account may try: the path below /api, and the field of the prompt.
const GUEST_CALLS = {
  image: ["generate", "prompt"], text: ["text/generate", "prompt"], voice: ["voice/generate", "text"],
  music: ["music/generate", "prompt"], enhance: ["prompt/enhance", "prompt"],
};

const form = document.getElementById("order");
const result = document.getElementById("result");
const picker = document.getElementById("model");
let current = null; // the model, its controls, and how to read them
let quoteTimer = 0;

const promptField = (model) => h("textarea", {
  class: "field", id: "prompt", rows: 4, maxlength: model.prompt_chars_max, placeholder: EXAMPLES[model.type] ?? "",
});

function readOrder() {
  const prompt = current.prompt.value.trim() || PROMPTS_OF_TOOLS[current.model.type];
  const input = current.inputs.read();
  return { model: current.model.id, ...(prompt && { prompt }), ...(Object.keys(input).length && { input }) };
}

function showPrice(text, bad = false) {
  current.price.textContent = text;
  current.price.classList.toggle("bad", bad);
}

async function quote() {
  const { model } = current;
  if (!isSignedIn()) {
    showPrice(GUEST_CALLS[model.type]
      ? `${model.pricing}. Without an account you may try it a few times a day, with its defaults.`
      : `${model.pricing}. Sign in to order it.`);
    return;
  }
  try {
    const order = readOrder();
    const found = await call("POST", "generations/quote", { ...order, prompt: order.prompt ?? EXAMPLES[model.type] ?? "" });
    if (current?.model !== model) return;
    const most = found.metered ? "at most " : "";
    showPrice(`This costs ${most}${dollars(found.price_micros)}.${found.affordable ? "" : " Your balance does not cover it."}`, !found.affordable);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (current?.model === model) showPrice(error.message, true);
  }
}

function quoteSoon() {
  clearTimeout(quoteTimer);
  quoteTimer = setTimeout(quote, QUOTE_AFTER_MS);
}

async function openModel(id) {
  const model = await call("GET", `models/${id.split("/").map(encodeURIComponent).join("/")}`);
  if (picker.value !== id) return; // another one was chosen meanwhile
  const inputs = isSignedIn() ? inputControls(model.input) : inputControls({});
  const prompt = promptField(model);
  prompt.value = current?.prompt.value ?? "";
  const price = h("p", { class: "price-line", role: "status" });
  const more = inputs.controls.slice(inputs.needed);
  current = { model, inputs, prompt, price };
  document.getElementById("order-fields").replaceChildren(
    field(PROMPTS[model.type] ?? "Prompt", prompt), ...inputs.controls.slice(0, inputs.needed),
    more.length ? h("details", { class: "parameters" }, h("summary", null, "Parameters"), h("div", { class: "form" }, more)) : "",
    price, fieldError("order"), h("div", null, h("button", { type: "submit", class: "button main" }, "Generate")));
  document.getElementById("order-fields").addEventListener("input", quoteSoon);
  history.replaceState(null, "", `?model=${encodeURIComponent(id)}`);
  await quote();
}

const stageLine = h("p", { role: "status" });
const progress = h("progress", { max: 1, "aria-label": "Progress" });

function showRunning(cancel) {
  progress.removeAttribute("value");
  stageLine.textContent = "Ordering";
  const button = cancel && h("button", { type: "button", class: "button", onclick: cancel }, "Cancel");
  result.replaceChildren(h("div", { class: "card running" }, stageLine, progress, button || ""));
}

function showEvent(event, text) {
  if (event.progress != null) progress.setAttribute("value", event.progress);
  if (event.type === "text.delta") {
    text.value += event.text;
    if (!text.element) result.append(text.element = h("pre", { class: "text-output" }));
    text.element.textContent = text.value;
  } else if (!event.generation) {
    stageLine.textContent = event.progress == null ? describeStage(event) : `Running: ${Math.round(event.progress * 100)} %`;
  }
}

function costLine(entry) {
  const links = [
    h("a", { href: `/account/gallery?id=${encodeURIComponent(entry.id)}` }, "Details"),
  ];
  const cost = entry.status === "failed" ? "It cost nothing." : `It cost ${dollars(entry.cost_micros)}.`;
  return h("p", { class: "quiet" }, cost, " ", links);
}

async function orderAsAccount() {
  const order = readOrder();
  const more = { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
  const { json: created } = await callFull("POST", "v1/generations", order, more);
  showRunning(() => call("DELETE", `generations?id=${encodeURIComponent(created.id)}`)
    .catch((error) => announce(error.message, true)));
  const text = { value: "", element: null };
  const ended = await follow(created.id, (event) => showEvent(event, text));
  result.replaceChildren(...resultElements(ended, order.prompt), costLine(ended),
    h("h2", null, "Do this in code"), samplesPanel(orderSnippets(location.origin, order), "Code"));
}

async function orderAsGuest() {
  const [path, name] = GUEST_CALLS[current.model.type] ?? [];
  if (!path) throw new FieldError({ id: "order" }, "Sign in to order this.");
  const body = { [name]: current.prompt.value.trim() || EXAMPLES[current.model.type], async: true };
  let { json: job } = await callFull("POST", path, body);
  showRunning(null);
  while (job.status === "processing") {
    stageLine.textContent = job.queuePosition ? `${job.queuePosition} before it in the queue` : "Running";
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    ({ json: job } = await callFull("GET", `jobs/${job.jobId}`));
  }
  const urls = job.imageUrls ?? [job.imageUrl, job.videoUrl, job.audioUrl].filter(Boolean);
  const texts = [job.content, ...(job.variations ?? [])].filter(Boolean);
  const shown = [...texts.map(textElement), ...urls.map((url) => outputElement(url, job.prompt))];
  result.replaceChildren(...(job.status === "failed" ? [h("p", { class: "notice bad" }, job.error ?? "It failed.")] : shown),
    h("p", { class: "quiet" }, `Made by ${job.model}. `, h("a", { href: "/account/api-keys" }, "Sign in"), " to choose the model and its parameters."));
}

async function submit(event) {
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  if (button.getAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  document.getElementById("order-error").textContent = "";
  announce("");
  try {
    await (isSignedIn() ? orderAsAccount() : orderAsGuest());
    result.focus();
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof FieldError)) throw error;
    result.replaceChildren();
    document.getElementById("order-error").textContent = error.message;
  } finally {
    button.removeAttribute("aria-disabled");
    if (isSignedIn()) quoteSoon();
  }
}

startOpen(async () => {
  if (!picker.options.length) {
    form.replaceWith(h("p", { class: "empty" }, "This deployment offers no model yet."));
    return;
  }
  const wanted = new URLSearchParams(location.search);
  if ([...picker.options].some((one) => one.value === wanted.get("model"))) picker.value = wanted.get("model");
  picker.addEventListener("change", () => openModel(picker.value));
  form.addEventListener("submit", submit);
  form.hidden = false;
  await openModel(picker.value);
  if (wanted.get("prompt")) current.prompt.value = wanted.get("prompt");
});
