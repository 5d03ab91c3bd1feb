import { env } from "node:process";
import { after } from "node:test";
import { type Browser, chromium } from "playwright-core";

const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

/** A browser for the tests of a file. It resolves `page.test` to loopback and does not treat it as a secure host. */
export const browser: Browser = await chromium.launch({
  executablePath: env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", ...QUIET, "--host-resolver-rules=MAP page.test 127.0.0.1"],
});
after(() => browser.close());
