import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { browser } from "../chromium.ts";
import { API_KEY, URL_OF_GATEWAY } from "./gateway.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const GUEST = "198.51.100.7"; // another address than that of the tests that use up a guest's day
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 900 };
const BYTES_MAX = 200_000;
const REQUESTS_MAX = 15;
const PROMPT = 'a red boat <img src="/nothing" onerror="window.hacked = 1"> \u202Eon a lake';

type Opened = { page: Page; faults: string[] };

/** Opens a page in a new context. Each error of a script, and each request to another host, is a fault. */
async function open(path: string, { key = "", viewport = DESKTOP, dark = false } = {}): Promise<Opened> {
  const headers = { "X-Forwarded-For": GUEST };
  const context = await browser.newContext({
    viewport,
    colorScheme: dark ? "dark" : "light",
    extraHTTPHeaders: headers,
  });
  if (key) await context.addInitScript(`sessionStorage.setItem("wokflow.account.key", ${JSON.stringify(key)})`);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(URL_OF_GATEWAY)) faults.push(request.url());
  });
  await page.goto(URL_OF_GATEWAY + path, { waitUntil: "networkidle" });
  return { page, faults };
}

async function close({ page, faults }: Opened): Promise<void> {
  assert.deepEqual(faults, []);
  await page.context().close();
}

/** Returns what axe finds on a page, one line each. The policy of our pages forbids scripts in the page itself. */
async function findBarriers(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: AXE });
  const { result } = await session.send("Runtime.evaluate", {
    expression: "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map((one) =>" +
      " one.id + ': ' + one.nodes.map((node) => node.target.join(' ')).join(', ')))",
    awaitPromise: true,
    returnByValue: true,
  });
  return result.value as string[];
}

/** Returns width and height of each image of the result, once it is decoded. */
async function readSizes(page: Page): Promise<number[][]> {
  return await page.evaluate(
    "Promise.all([...document.querySelectorAll('#result img')].map((one) => { one.loading = 'eager';" +
      " return one.decode().then(() => [one.naturalWidth, one.naturalHeight]); }))",
  );
}

/** Orders in the playground and waits for the result. */
async function order(page: Page, model: string, prompt: string): Promise<void> {
  await page.getByLabel("Model").selectOption(model);
  await page.getByLabel("Prompt", { exact: true }).fill(prompt);
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("region", { name: "Result" }).getByText("It cost $").waitFor();
}

test("a visitor without an account makes an image", async () => {
  const opened = await open("/");
  const { page } = opened;
  await page.getByRole("link", { name: "Playground" }).click();
  await page.getByLabel("Prompt", { exact: true }).fill("a red boat");
  await page.getByText("Without an account you may try it").waitFor();
  await page.getByRole("button", { name: "Generate" }).click();
  const image = page.getByRole("img", { name: "a red boat" });
  await image.waitFor();
  assert.notDeepEqual(await readSizes(page), []);
  await page.getByText("Made by local/artist").waitFor();
  await close(opened);
});

test("an order shows its price before, its progress meanwhile, and its result, cost and code after", async () => {
  const opened = await open("/playground?model=local/artist&prompt=a%20red%20boat", { key: API_KEY });
  const { page } = opened;
  assert.equal(await page.getByLabel("Prompt", { exact: true }).inputValue(), "a red boat");
  await page.getByText("Parameters", { exact: true }).click();
  await page.getByText(/^This costs \$0\.01/).waitFor();
  await page.getByLabel("Count", { exact: true }).fill("2");
  await page.getByLabel("Width").fill("256");
  await page.getByLabel("Height").fill("128");
  await page.getByRole("button", { name: "Generate" }).click();
  const result = page.getByRole("region", { name: "Result" });
  await result.getByText("It cost $0.01").waitFor();
  assert.deepEqual(await readSizes(page), [[256, 128], [256, 128]]);
  await result.getByRole("button", { name: "Python" }).click();
  const code = await result.locator("pre").innerText();
  assert.ok(code.includes('"width": 256') && code.includes("WOWFLOW_KEY") && !code.includes(API_KEY), code);
  await result.getByRole("link", { name: "Details" }).click();
  await page.getByText("a red boat", { exact: true }).waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the receipt" }).click();
  assert.match((await download).suggestedFilename(), /^receipt-.+\.json$/);
  await page.getByRole("link", { name: "Run again" }).click();
  await page.getByText("This costs $").waitFor();
  assert.equal(await page.getByLabel("Prompt", { exact: true }).inputValue(), "a red boat");
  await close(opened);
});

test("a text is shown as text, wherever it appears", async () => {
  const opened = await open("/playground", { key: API_KEY });
  const { page } = opened;
  await order(page, "local/writer", PROMPT);
  assert.notEqual(await page.getByRole("region", { name: "Text" }).locator("pre").innerText(), "");
  await page.goto(`${URL_OF_GATEWAY}/account/gallery`);
  await page.getByLabel("Kind").selectOption("text");
  const entry = page.getByRole("link", { name: "local/writer" }).first();
  await entry.waitFor();
  await page.getByRole("link", { name: "local/artist" }).first().waitFor({ state: "detached" });
  await entry.click();
  await page.getByText('onerror="window.hacked = 1"').first().waitFor(); // the text may repeat the prompt
  assert.equal(await page.evaluate("window.hacked"), undefined);
  await close(opened);
});

test("the usage shows the cost by day, model and key", async () => {
  const opened = await open("/account/usage", { key: API_KEY });
  const { page } = opened;
  for (const heading of ["By model", "By kind", "By key"]) await page.getByRole("heading", { name: heading }).waitFor();
  await page.getByRole("img", { name: /^Cost by day/ }).waitFor();
  await page.getByLabel("Period").selectOption("7");
  await page.getByRole("heading", { name: "By key" }).waitFor();
  await close(opened);
});

test("what the model refuses is said next to the button, and nothing is ordered", async () => {
  const opened = await open("/playground?model=local/artist", { key: API_KEY });
  const { page } = opened;
  await page.getByLabel("Prompt", { exact: true }).fill("");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("alert").filter({ hasText: "prompt" }).waitFor();
  await page.getByLabel("Model").selectOption("local/enlarger");
  await page.getByLabel("Image url", { exact: true }).fill("ftp://example.com/boat.png");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("alert").filter({ hasText: "image_url" }).waitFor();
  await close(opened);
});

test("a file of the visitor is enlarged", async () => {
  const opened = await open("/playground?model=local/enlarger", { key: API_KEY });
  const { page } = opened;
  const drawn = await page.evaluate(
    "(() => { const canvas = document.createElement('canvas'); canvas.width = canvas.height = 32; return canvas.toDataURL('image/png'); })()",
  );
  const buffer = Buffer.from(String(drawn).split(",")[1] ?? "", "base64");
  await page.getByLabel("Image url: a file").setInputFiles({ name: "boat.png", mimeType: "image/png", buffer });
  await page.getByRole("button", { name: "Generate" }).click();
  const image = page.getByRole("region", { name: "Result" }).getByRole("img");
  await image.waitFor();
  assert.deepEqual(await readSizes(page), [[64, 64]]);
  const code = await page.getByRole("region", { name: "Result" }).locator("pre").innerText();
  assert.ok(code.includes("https://example.com/photo.png"), code);
  await close(opened);
});

test("the keyboard alone is enough to order", async () => {
  const opened = await open("/playground?model=local/enhancer", { key: API_KEY });
  const { page } = opened;
  await page.getByLabel("Model").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.type("a red boat");
  for (let presses = 0; presses < 4; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate("document.activeElement.textContent === 'Generate'")) break;
  }
  await page.keyboard.press("Enter");
  await page.getByText("It cost $").waitFor();
  await close(opened);
});

const PAGES = [
  "/",
  "/playground",
  "/docs",
  "/account/gallery",
  "/account/usage",
  "/account/api-keys",
  "/account/webhooks",
];
for (const path of PAGES) {
  test(`${path} is free of barriers, small, and as wide as the screen`, async () => {
    for (const [viewport, dark] of [[PHONE, false], [DESKTOP, true]] as const) {
      const opened = await open(path, { key: API_KEY, viewport, dark });
      const { page } = opened;
      assert.deepEqual(await findBarriers(page), []);
      assert.equal(
        await page.evaluate("document.documentElement.scrollWidth > innerWidth"),
        false,
        "it scrolls sideways",
      );
      const sizes = await page.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).map((one) => one.transferSize)",
      ) as number[];
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      assert.ok(sizes.length <= REQUESTS_MAX && bytes <= BYTES_MAX, `${sizes.length} requests, ${bytes} bytes`);
      await close(opened);
    }
  });
}
