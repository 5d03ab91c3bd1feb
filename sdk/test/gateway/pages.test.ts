import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { WokGenClient } from "../../src/index.ts";
import { browser } from "../chromium.ts";
import { API_KEY, BASE_URL, URL_OF_GATEWAY } from "./place.ts";

const client = new WokGenClient({ apiKey: API_KEY, baseUrl: BASE_URL });

/** A page of the account in a tab of its own, as somebody sees it who has not signed in. */
async function opened(name: string): Promise<{ page: Page; faults: string[] }> {
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

test("a wrong key is refused with a reason, and the page asks again", async () => {
  const { page, faults } = await opened("api-keys");
  await signIn(page, "wf_live_nonsense");
  await page.getByText("This is not an API key.").waitFor();
  await signIn(page, API_KEY);
  await page.getByText("this one").waitFor();
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("a person makes a key, sees it once, uses it and revokes it", async () => {
  const { page, faults } = await opened("api-keys");
  await signIn(page, API_KEY);
  await page.getByRole("button", { name: "New wok_ key" }).click();
  const key = await page.getByRole("region", { name: "Your new key" }).locator("code").innerText();
  assert.equal(
    await new WokGenClient({ apiKey: key, baseUrl: BASE_URL }).account.read().then(({ name }) => name),
    "Ada",
  );
  const row = page.getByRole("row").filter({ hasText: key.slice(-4) });
  await row.getByRole("button", { name: "Revoke" }).click();
  await row.getByRole("button", { name: "Revoke: sure?" }).click();
  await page.getByText("is revoked.").waitFor();
  assert.equal(await page.getByRole("row").filter({ hasText: key.slice(-4) }).count(), 0);
  await page.getByLabel("Warn below").fill("7.50");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("below $7.50").waitFor();
  assert.equal((await client.account.read()).low_balance_cents, 750);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("a person adds an endpoint, sees its posts, has one posted again, and removes it", async (t) => {
  let posts = 0;
  const server = createServer((request, response) => {
    posts += 1;
    request.resume().on("end", () => response.writeHead(posts === 1 ? 410 : 200).end("not now"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const { page, faults } = await opened("webhooks");
  await signIn(page, API_KEY);
  await page.getByLabel("URL").fill(url);
  await page.getByRole("button", { name: "Add" }).click();
  const secret = await page.getByRole("region", { name: "The endpoint's secret" }).locator("code").innerText();
  assert.match(secret, /^whsec_/);
  await client.generate({ prompt: "a boat", width: 64, height: 64 });
  const [endpoint] = (await client.webhooks.list()).filter((one) => one.url === url);
  while ((await client.webhooks.deliveries(String(endpoint?.id)))[0]?.state !== "dead") await page.waitForTimeout(50);
  await page.reload();
  const card = page.getByRole("region", { name: url });
  await card.getByText("switched off", { exact: true }).waitFor();
  await card.getByRole("button", { name: "Switch on" }).click();
  await card.getByText("on", { exact: true }).waitFor();
  await card.getByRole("button", { name: "Deliveries" }).click();
  await card.getByText("410 in").waitFor();
  await card.getByRole("button", { name: "Replay" }).click();
  await page.getByText("1 on their way.").waitFor();
  while (posts < 2) await page.waitForTimeout(50);
  await card.getByRole("button", { name: "Look again" }).click();
  await card.getByText("delivered").waitFor();
  await card.getByRole("button", { name: "Replace the secret" }).click();
  await card.getByRole("button", { name: "Replace the secret: sure?" }).click();
  const next = await page.getByRole("region", { name: "The new secret" }).locator("code").innerText();
  assert.notEqual(next, secret);
  await card.getByRole("button", { name: "Remove" }).click();
  await card.getByRole("button", { name: "Remove: sure?" }).click();
  await card.waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("the documentation draws every operation", async () => {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(`${URL_OF_GATEWAY}/docs`);
  await page.getByRole("heading", { name: "Post what an endpoint did not get" }).waitFor();
  type Told = Record<"paths" | "webhooks", Record<string, object>>;
  const { paths, webhooks } = await (await fetch(`${URL_OF_GATEWAY}/openapi.json`)).json() as Told;
  const told = [...Object.values(paths), ...Object.values(webhooks)].flatMap((item) => Object.keys(item));
  const operations = told.filter((name) => name !== "parameters");
  assert.equal(await page.locator(".section.operation .route").count(), operations.length);
  assert.deepEqual(faults, []);
  await page.close();
});
