// Draws /account/usage: the cost of the account's generations by day, model and key.

import { announce, button, call, callFull, saveFile, start } from "./account.js";
import { h, svg } from "./elements.js";
import { dollars } from "./outputs.js";

const DAY_MS = 86_400_000;
const PERIODS = { "Last 7 days": 7, "Last 30 days": 30, "Last 90 days": 90 };
const GROUPS = { model: "By model", kind: "By kind", key: "By key" };
const [WIDTH, HEIGHT, FOOT] = [720, 180, 22];

const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);

// A bar for each day. The table below it says the same in words.
function drawChart(chart, entries, from, days) {
  const byDay = new Map(entries.map((one) => [one.group, one]));
  const first = Date.parse(from);
  const list = Array.from({ length: days }, (_, index) => dayOf(first + index * DAY_MS));
  const most = Math.max(...list.map((day) => byDay.get(day)?.net_micros ?? 0), 1);
  const step = WIDTH / days;
  const bars = list.map((day, index) => {
    const micros = byDay.get(day)?.net_micros ?? 0;
    const height = Math.max((HEIGHT - FOOT) * (micros / most), micros ? 2 : 0);
    return svg(chart, "rect", { x: index * step + 1, y: HEIGHT - FOOT - height, width: Math.max(step - 2, 1), height, class: "bar-of-day" },
      svg(chart, "title", null, `${day}: ${dollars(micros)}`));
  });
  const label = (text, x, anchor) => svg(chart, "text", { x, y: HEIGHT - 4, "text-anchor": anchor, class: "axis" }, text);
  chart.setAttribute("aria-label", `Cost by day, at most ${dollars(most === 1 ? 0 : most)} a day`);
  chart.replaceChildren(
    svg(chart, "line", { x1: 0, x2: WIDTH, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT, class: "axis-line" }), ...bars,
    label(list[0], 0, "start"), label(list.at(-1), WIDTH, "end"));
  return chart;
}

function table(title, entries, names = new Map()) {
  const rows = [...entries].sort((one, other) => other.net_micros - one.net_micros);
  return h("section", null, h("h2", null, title), rows.length
    ? h("div", { class: "table", role: "region", "aria-label": title, tabindex: 0 }, h("table", null,
      h("thead", null, h("tr", null, ["", "Generations", "Failed", "Cost"].map((head) => h("th", { scope: "col" }, head || title.slice(3))))),
      h("tbody", null, rows.map((one) => h("tr", null,
        h("td", null, h("code", null, names.get(one.group) ?? (one.group || "unknown"))), h("td", null, String(one.count)),
        h("td", null, String(one.failed)), h("td", null, dollars(one.net_micros)))))))
    : h("p", { class: "quiet" }, "Nothing in this period."));
}

async function downloadCsv(query) {
  const { response } = await callFull("GET", `v1/usage?${query}&by=day`, null, { Accept: "text/csv" });
  saveFile(await response.blob(), "usage.csv");
}

// A key may lack the scope to list keys: then their ids are shown.
async function keyNames() {
  try {
    const { data } = await call("GET", "keys");
    return new Map(data.map((key) => [key.id, key.name || key.hint]));
  } catch { return new Map(); }
}

async function drawPeriod(place, chart, days) {
  const to = dayOf(Date.now() + DAY_MS);
  const from = dayOf(Date.parse(to) - days * DAY_MS);
  const query = new URLSearchParams({ from, to });
  const [byDay, names, groups] = [await call("GET", `usage?${query}&by=day`), await keyNames(), []];
  // An account may read few lists at a time.
  for (const by of Object.keys(GROUPS)) groups.push(await call("GET", `usage?${query}&by=${by}`));
  const { total } = byDay;
  const figures = { Cost: dollars(total.net_micros), Generations: String(total.count), Failed: String(total.failed), Refunded: dollars(total.refunded_micros) };
  place.replaceChildren(
    h("dl", { class: "figures" }, Object.entries(figures).map(([title, value]) => h("div", null, h("dt", null, title), h("dd", null, value)))),
    drawChart(chart, byDay.data, from, days),
    ...groups.map((usage, index) => table(Object.values(GROUPS)[index], usage.data, Object.keys(GROUPS)[index] === "key" ? names : undefined)),
    h("div", { class: "card-foot" }, button("Download as CSV", () => downloadCsv(query))));
}

start(async (body) => {
  const place = h("div");
  const chart = document.getElementById("chart").content.firstElementChild.cloneNode(true);
  const picker = h("select", { class: "field short", id: "period" }, Object.entries(PERIODS).map(([title, days]) =>
    h("option", { value: days, selected: days === 30 }, title)));
  picker.addEventListener("change", () => drawPeriod(place, chart, Number(picker.value)).catch((error) => announce(error.message, true)));
  body.replaceChildren(h("p", { class: "lead" }, "A generation counts on the UTC day when it ended, a few seconds later."),
    h("div", { class: "form-field" }, h("label", { for: "period" }, "Period"), picker), place);
  await drawPeriod(place, chart, 30);
});
