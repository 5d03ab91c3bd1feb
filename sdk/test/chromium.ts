import { env } from "node:process";
import { after } from "node:test";
import { type Browser, chromium } from "playwright-core";

const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

/** A browser for the tests of a file. `page.test` is a host that it does not take for a secure one. */
export const browser: Browser = await chromium.launch({
  executablePath: env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", ...QUIET, "--host-resolver-rules=MAP page.test 127.0.0.1"],
});
after(() => browser.close());
