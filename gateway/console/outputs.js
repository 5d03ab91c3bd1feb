// Shows outputs and follows generations: for the playground and the gallery.

import { call, callFull } from "./account.js";
import { copyButton, h } from "./elements.js";

const POLL_MS = 2000;
const IMAGE = /\.(png|jpe?g|webp|gif|avif)(\?|$)/i;
const VIDEO = /\.(mp4|webm|mov)(\?|$)/i;
const SOUND = /\.(wav|mp3|ogg|opus|flac|m4a|aac)(\?|$)/i;
const STAGES = { queued: "Waiting for a worker", backlog: "Waiting for your other orders", running: "Running" };

const ownOrigin = (url) => new URL(url, location.href).origin === location.origin;
const isWeb = (url) => /^https?:$/.test(new URL(url, location.href).protocol);

export const dollars = (micros) =>
  (micros / 1_000_000).toLocaleString("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 6 });

// The page shows files of this gateway only. Others open in a tab of their own.
export function outputElement(url, text) {
  if (!isWeb(url)) return null;
  if (!ownOrigin(url)) return h("p", null, h("a", { href: url, rel: "noreferrer", target: "_blank" }, "Open the output"));
  const download = h("a", { class: "button", href: url, download: true }, "Download");
  const figure = (element) => h("figure", { class: "output" }, element, h("figcaption", null, download));
  if (IMAGE.test(url)) return figure(h("img", { src: url, alt: text || "The generated image", loading: "lazy" }));
  if (VIDEO.test(url)) return figure(h("video", { src: url, controls: true, playsinline: true, "aria-label": text || "The generated video" }));
  if (SOUND.test(url)) return figure(h("audio", { src: url, controls: true, "aria-label": text || "The generated sound" }));
  return h("p", null, download);
}

export function textElement(text) {
  return h("section", { class: "card text-output", "aria-label": "Text" },
    h("pre", { tabindex: 0 }, text), copyButton(() => text, "button"));
}

// The outputs of a generation that has ended, or why it failed.
export function resultElements(entry, prompt = "") {
  if (entry.status === "failed") {
    const late = (entry.late_urls ?? []).map((url) => outputElement(url, prompt));
    return [h("p", { class: "notice bad" }, entry.error ?? "It failed.", " You were refunded."), ...late];
  }
  const files = (entry.result_urls ?? []).map((url) => outputElement(url, prompt));
  return [entry.result_text && textElement(entry.result_text), ...files].filter(Boolean);
}

export function describeStage(entry) {
  if (entry.queue_position > 0) return `${entry.queue_position} before it in the queue`;
  return STAGES[entry.stage] ?? entry.stage ?? "Working";
}

async function readStream(response, onEvent) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("");
      if (data) onEvent(JSON.parse(data));
    }
  }
}

// Follow a generation to its end, by events if they come, else by polling. Return it as it is then.
export async function follow(id, onEvent) {
  let ended = null;
  try {
    const { response } = await callFull("GET", `v1/generations/${id}/events`, null, { Accept: "text/event-stream" });
    if (response.body) {
      await readStream(response, (event) => {
        onEvent(event);
        if (event.generation) ended = event.generation;
      });
    }
  } catch { /* the connection broke: polling goes on */ }
  while (!ended) {
    const entry = await call("GET", `generations?id=${encodeURIComponent(id)}`);
    if (entry.status !== "processing") ended = entry;
    else {
      onEvent(entry);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  return ended;
}
