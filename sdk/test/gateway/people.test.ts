import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { test } from "node:test";
import { WokGenClient } from "../../src/index.ts";
import { browser } from "../chromium.ts";
import { BASE_URL, URL_OF_GATEWAY, waitUntil } from "./gateway.ts";

const OUTBOX = env["WOKGEN_OUTBOX"] ?? "";
const PASSWORD = "correct-Horse7";

/** Returns the link in the e-mail to an address. */
async function readLink(address: string): Promise<string> {
  let link = "";
  await waitUntil(async () => {
    for (const name of await readdir(OUTBOX).catch(() => [])) {
      const text = await readFile(join(OUTBOX, name), "utf8");
      if (text.includes(`To: ${address}`)) link = /http\S+token=\S+/.exec(text)?.[0] ?? "";
    }
    return link !== "";
  }, "an e-mail arrives");
  return link;
}

test("a person signs up, makes an API key with the session, and signs out and in", async () => {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 800 } })).newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => request.url().startsWith(URL_OF_GATEWAY) || faults.push(request.url()));
  await page.goto(`${URL_OF_GATEWAY}/sign-up`);
  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.keyboard.press("Enter");
  await page.getByRole("status").filter({ hasText: "on its way" }).waitFor();
  await page.goto(await readLink("ada@example.com"));
  assert.equal(page.url(), `${URL_OF_GATEWAY}/verify`);
  await page.getByText("This is for ada@example.com.").waitFor();
  await page.getByLabel("Your name").fill("<b>Ada</b>");
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText("$0.50").first().waitFor();
  await page.getByRole("button", { name: "Create wf_live_ key" }).click();
  const key = await page.getByRole("region", { name: "Your new key" }).locator("code").innerText();
  assert.equal((await new WokGenClient({ apiKey: key, baseUrl: BASE_URL }).account.read()).name, "<b>Ada</b>");
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByText("<b>Ada</b>, owner").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in with your e-mail address" }).click();
  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText(key.slice(-4)).waitFor();
  assert.equal(page.url(), `${URL_OF_GATEWAY}/account/api-keys`);
  assert.deepEqual(faults, []);
  await page.context().close();
});
