import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { WokGenClient } from "../../src/index.ts";
import { browser } from "../chromium.ts";
import { API_KEY, BASE_URL, URL_OF_GATEWAY, waitUntil } from "./gateway.ts";

const client = new WokGenClient({ apiKey: API_KEY, baseUrl: BASE_URL });

/** Opens a page of the account in a new context, where nobody has signed in. */
async function open(name: string): Promise<{ page: Page; faults: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(`${URL_OF_GATEWAY}/account/${name}`);
  return { page, faults };
}

async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Waits until an element has the focus, also if the page draws it again meanwhile. */
async function expectFocus(element: Locator): Promise<void> {
  await element.and(element.page().locator(":focus")).waitFor();
}

/** Waits until the last delivery to an endpoint is in a state. */
async function expectDelivery(endpoint: string, state: string): Promise<void> {
  await waitUntil(
    async () => (await client.webhooks.deliveries(endpoint))[0]?.state === state,
    `the delivery is ${state}`,
  );
}

test("the sign-in form shows the reason next to the field when the key is wrong", async () => {
  const { page, faults } = await open("api-keys");
  await signIn(page, "wf_live_nonsense");
  await page.getByRole("alert").filter({ hasText: "This is not an API key." }).waitFor();
  const field = page.getByLabel("API key");
  await expectFocus(field);
  assert.deepEqual([await field.getAttribute("aria-invalid"), await field.getAttribute("aria-describedby")], [
    "true",
    "key-error",
  ]);
  await signIn(page, API_KEY);
  await page.getByText("current", { exact: true }).waitFor();
  await expectFocus(page.getByRole("main"));
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("the keys page creates a key, shows it once and revokes it", async () => {
  const { page, faults } = await open("api-keys");
  await signIn(page, API_KEY);
  await page.getByRole("button", { name: "Create wok_ key" }).click();
  const card = page.getByRole("region", { name: "Your new key" });
  const key = await card.locator("code").innerText();
  await expectFocus(card);
  assert.equal(
    await new WokGenClient({ apiKey: key, baseUrl: BASE_URL }).account.read().then(({ name }) => name),
    "Ada",
  );
  const row = page.getByRole("row").filter({ hasText: key.slice(-4) });
  const hint = await row.locator("code").innerText();
  await row.getByRole("button", { name: `Revoke ${hint}`, exact: true }).click();
  const confirm = row.getByRole("button", { name: `Click again to revoke ${hint}`, exact: true });
  await expectFocus(confirm);
  await page.getByRole("status").filter({ hasText: `Click again to revoke ${hint}.` }).waitFor();
  await confirm.click();
  await page.getByRole("status").filter({ hasText: `${hint} is revoked.` }).waitFor();
  await row.waitFor({ state: "detached" });
  await expectFocus(page.getByRole("region", { name: "Active keys" }));
  await page.getByLabel("Alert below").fill("7.50");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("below $7.50").waitFor();
  assert.equal((await client.account.read()).low_balance_cents, 750);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("a confirmation waits until the focus leaves or Escape is pressed", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.clock.install();
  await page.goto(`${URL_OF_GATEWAY}/account/api-keys`);
  await signIn(page, API_KEY);
  const revoke = page.getByRole("button", { name: /^Revoke wf_live_/ }).first();
  const confirm = page.getByRole("button", { name: /^Click again to revoke wf_live_/ });
  await revoke.click();
  await page.clock.fastForward("10:00");
  await expectFocus(confirm);
  await page.keyboard.press("Escape");
  await expectFocus(revoke);
  await revoke.click();
  await confirm.waitFor();
  await page.keyboard.press("Tab");
  await confirm.waitFor({ state: "detached" });
  assert.ok((await client.account.read()).id, "the key still works");
  await page.context().close();
});

test("the webhooks page shows the reason next to the field when the URL is refused", async () => {
  const { page, faults } = await open("webhooks");
  await signIn(page, API_KEY);
  const url = page.getByLabel("URL");
  await url.fill("https://user@example.com/hook");
  await page.getByRole("button", { name: "Add endpoint" }).click();
  await page.locator("#url-error[role=alert]").filter({ hasText: /\w/ }).waitFor();
  await expectFocus(url);
  assert.equal(await url.getAttribute("aria-invalid"), "true");
  await url.fill("https://example.com/hook");
  assert.equal(await page.locator("#url-error").innerText(), "");
  for (const box of await page.getByRole("checkbox").all()) await box.uncheck();
  await page.getByRole("button", { name: "Add endpoint" }).click();
  await page.getByRole("alert").filter({ hasText: "Choose at least one event." }).waitFor();
  await expectFocus(page.getByRole("checkbox").first());
  assert.deepEqual(await client.webhooks.list(), []);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("the webhooks page adds an endpoint, replays a delivery, rotates the secret and deletes the endpoint", async (t) => {
  let posts = 0;
  const server = createServer((request, response) => {
    posts += 1;
    request.resume().on("end", () => response.writeHead(posts === 1 ? 410 : 200).end("not now"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const { page, faults } = await open("webhooks");
  await signIn(page, API_KEY);
  await page.getByLabel("URL").fill(url);
  for (const box of await page.getByRole("checkbox").all()) await box.uncheck();
  await page.getByRole("checkbox", { name: "generation.completed" }).check();
  await page.getByRole("button", { name: "Add endpoint" }).click();
  const shown = page.getByRole("region", { name: "Signing secret", exact: true });
  const secret = await shown.locator("code").innerText();
  assert.match(secret, /^whsec_/);
  await expectFocus(shown);
  await client.generate({ prompt: "a boat", width: 64, height: 64 });
  const [endpoint] = (await client.webhooks.list()).filter((one) => one.url === url);
  await expectDelivery(String(endpoint?.id), "dead");
  await page.reload();
  const card = page.getByRole("region", { name: url });
  await card.getByText("disabled", { exact: true }).waitFor();
  await card.getByRole("button", { name: `Enable ${url}` }).click();
  await card.getByText("enabled", { exact: true }).waitFor();
  await card.getByRole("button", { name: `Show deliveries to ${url}` }).click();
  await card.getByText("410 in").waitFor();
  await card.getByText("failed", { exact: true }).waitFor();
  await card.getByRole("button", { name: `Replay to ${url}` }).click();
  await page.getByText("1 event is queued.").waitFor();
  await expectDelivery(String(endpoint?.id), "delivered");
  assert.equal(posts, 2);
  await card.getByRole("button", { name: `Refresh the deliveries of ${url}` }).click();
  await card.getByText("delivered", { exact: true }).waitFor();
  await card.getByRole("button", { name: /^Redeliver generation\.completed of / }).click();
  await page.getByText("The delivery is queued.").waitFor();
  await waitUntil(() => posts === 3, "the event is posted again");
  await card.getByRole("button", { name: `Rotate secret of ${url}` }).click();
  await card.getByRole("button", { name: `Click again to rotate secret of ${url}` }).click();
  const next = await page.getByRole("region", { name: "New signing secret" }).locator("code").innerText();
  assert.notEqual(next, secret);
  await card.getByRole("button", { name: `Delete ${url}` }).click();
  await card.getByRole("button", { name: `Click again to delete ${url}` }).click();
  await card.waitFor({ state: "detached" });
  await expectFocus(page.getByRole("region", { name: "Endpoints" }));
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("the documentation shows every operation", async () => {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(`${URL_OF_GATEWAY}/docs`);
  await page.getByRole("heading", { name: "Error codes", exact: true, level: 2 }).waitFor();
  type Document = Record<"paths" | "webhooks", Record<string, object>>;
  const { paths, webhooks } = await (await fetch(`${URL_OF_GATEWAY}/openapi.json`)).json() as Document;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).filter((name) => name !== "parameters").map((method) => `${method.toUpperCase()} ${path}`)
  );
  const events = Object.keys(webhooks).map(() => "POST your endpoint");
  const shown = await page.locator(".section.operation .route").evaluateAll((lines) =>
    lines.map((line) => [...line.children].map(({ textContent }) => textContent).join(" "))
  );
  assert.deepEqual(shown.sort(), [...operations, ...events].sort());
  assert.deepEqual(faults, []);
  await page.close();
});
