import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { browser } from "../chromium.ts";
import { URL_OF_GATEWAY, waitUntil } from "./gateway.ts";

const OUTBOX = String(env["WOKGEN_OUTBOX"]);
const PASSWORD = "correct-Horse7";
const GRACE = "grace@example.com";
const ALAN = "alan@example.com";
const CAP_CENTS = 20;
const ORDERS = 50;
const ORDER = JSON.stringify({ model: "local/artist", prompt: "a red boat", input: { width: 64, height: 64 } });

/** Returns the link in the newest e-mail to an address, whose path is `path`. */
async function readLink(address: string, path: string): Promise<string> {
  let found = "";
  await waitUntil(async () => {
    const names = await readdir(OUTBOX).catch(() => []);
    const mails = await Promise.all(names.map((name) => readFile(join(OUTBOX, name), "utf8")));
    const mine = mails.filter((mail) => mail.includes(`To: ${address}`)).map((mail) =>
      mail.replace(/=\r?\n/g, "").replaceAll("=3D", "=")
    );
    found = mine.map((mail) =>
      new RegExp(`https?://\\S+/${path}\\?token=[\\w-]+`).exec(mail)?.[0] ?? ""
    ).find(Boolean) ?? "";
    return found !== "";
  }, `an e-mail to ${address}`);
  return found;
}

async function openBrowser(): Promise<{ page: Page; faults: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  return { page, faults };
}

async function choosePassword(page: Page, name: string, button: string): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: button }).click();
  await page.getByRole("heading", { name: "API keys" }).waitFor();
}

const { page, faults } = await openBrowser();

test("somebody signs up from the first page and makes a picture on the trial credit", async () => {
  await page.goto(URL_OF_GATEWAY);
  await page.getByRole("link", { name: "Playground" }).click();
  await page.getByRole("link", { name: "create an account" }).click();
  await page.getByLabel("E-mail address").fill(GRACE);
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByText("an e-mail is on its way").waitFor();
  const link = await readLink(GRACE, "verify");
  await page.goto(link);
  assert.ok(!page.url().includes("token="), "the token stays in the address");
  await choosePassword(page, "Grace", "Create the account");
  await page.getByText("$0.50").first().waitFor();
  await page.goto(`${URL_OF_GATEWAY}/playground?model=local/artist&prompt=a%20red%20boat`);
  await page.getByText("This costs $0.01").waitFor();
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByText("It cost $0.01").waitFor();
  await page.getByRole("link", { name: "Generations" }).click();
  await page.getByRole("link", { name: "local/artist" }).waitFor();
  await page.goto(link);
  await page.getByText("This link has expired").waitFor();
});

test("a key with a cap of 20 cents stops at exactly the cap under concurrent orders", async () => {
  await page.goto(`${URL_OF_GATEWAY}/account/api-keys`);
  await page.getByText("Create a key with limits").click();
  await page.getByLabel("Name").fill("Workshop");
  await page.getByLabel("At most in total").fill((CAP_CENTS / 100).toFixed(2));
  await page.getByRole("button", { name: "Create key" }).click();
  const key = await page.getByRole("region", { name: "Your new key" }).locator("code").innerText();
  const answers = await Promise.all(Array.from({ length: ORDERS }, async () => {
    const response = await fetch(`${URL_OF_GATEWAY}/api/v1/generations`, {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: ORDER,
    });
    const body = await response.json() as { cost_micros?: number; error?: { code: string } };
    return { status: response.status, micros: body.cost_micros ?? 0, code: body.error?.code };
  }));
  const made = answers.filter(({ status }) => status === 201);
  const spent = made.reduce((sum, { micros }) => sum + micros, 0);
  const refused = answers.filter(({ status }) => status !== 201);
  assert.ok(spent <= CAP_CENTS * 10_000 && spent + (made[0]?.micros ?? 0) > CAP_CENTS * 10_000, `${spent} micro-USD`);
  assert.deepEqual([...new Set(refused.map(({ status, code }) => `${status} ${code}`))], ["402 key_budget_exceeded"]);
});

test("a colleague joins by invitation, sees everything, and cannot pay or use the invitation again", async () => {
  await page.goto(`${URL_OF_GATEWAY}/account/team`);
  await page.getByLabel("E-mail address").fill(ALAN);
  await page.getByRole("button", { name: "Send the invitation" }).click();
  await page.getByText(`The invitation to ${ALAN} is on its way.`).waitFor();
  const link = await readLink(ALAN, "join");
  const other = await openBrowser();
  await other.page.goto(link);
  await choosePassword(other.page, "Alan", "Join");
  await other.page.goto(`${URL_OF_GATEWAY}/account/gallery`);
  await other.page.getByRole("link", { name: "local/artist" }).first().waitFor();
  await other.page.goto(`${URL_OF_GATEWAY}/account/billing`);
  await other.page.getByRole("button", { name: "Pay by card" }).click();
  await other.page.getByRole("alert").filter({ hasText: "Your role in this account is member." }).waitFor();
  await other.page.goto(link);
  await other.page.getByText("This link has expired").waitFor();
  await page.reload();
  await page.getByLabel("Role of Alan").selectOption("billing");
  await page.getByText("Alan is billing now.").waitFor();
  await other.page.goto(`${URL_OF_GATEWAY}/account/gallery`);
  await other.page.getByText("Sign in with your e-mail address").waitFor();
  assert.deepEqual(other.faults, []);
  await other.page.context().close();
});

test("a wrong password says no more than that, and a session that was closed ends at once", async () => {
  const other = await openBrowser();
  await other.page.goto(`${URL_OF_GATEWAY}/sign-in?next=/account/settings`);
  for (const address of [GRACE, "nobody@example.com"]) {
    await other.page.getByLabel("E-mail address").fill(address);
    await other.page.getByLabel("Password").fill("wrong-Horse7");
    await other.page.getByRole("button", { name: "Sign in" }).click();
    await other.page.getByText("The e-mail address or the password is wrong.").waitFor();
  }
  await other.page.getByLabel("E-mail address").fill(GRACE);
  await other.page.getByLabel("Password").fill(PASSWORD);
  await other.page.getByRole("button", { name: "Sign in" }).click();
  await other.page.getByRole("region", { name: "Sessions" }).waitFor();
  await page.goto(`${URL_OF_GATEWAY}/account/settings`);
  await page.getByRole("button", { name: "Close all others" }).click();
  await page.getByText("All other sessions are closed.").waitFor();
  await other.page.reload();
  await other.page.getByText("Sign in with your e-mail address").waitFor();
  assert.deepEqual(other.faults, []);
  await other.page.context().close();
});

test("the owner exports everything and deletes the account", async () => {
  await page.goto(`${URL_OF_GATEWAY}/account/settings`);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export everything" }).click();
  assert.equal((await download).suggestedFilename(), "wokflow-export.zip");
  const field = page.getByLabel("To confirm");
  await field.fill("wrong");
  await page.getByRole("button", { name: "Delete the account" }).click();
  await page.getByRole("alert").filter({ hasText: "This is not its id" }).waitFor();
  await field.fill(String(await field.getAttribute("placeholder")));
  await page.getByRole("button", { name: "Delete the account" }).click();
  await page.getByRole("heading", { name: "Models and prices" }).waitFor();
  await page.goto(`${URL_OF_GATEWAY}/account/gallery`);
  await page.getByText("Sign in with your e-mail address").waitFor();
  assert.deepEqual(faults, []);
  await page.context().close();
});
