import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browser } from "../chromium.ts";
import { bin, createFolder, installPackage, ROOT, run } from "../package.ts";
import { commonjs, module } from "./documented.ts";
import { fetchFile, URL_OF_GATEWAY } from "./gateway.ts";

const { path: project, remove } = await createFolder();
after(remove);
before(async () => {
  await installPackage(project);
});

/** Checks the output of the second sample: an image, an improved prompt, and the image four times as large. */
async function checkOutput(lines: string[]): Promise<void> {
  assert.equal(lines.length, 3);
  const [image = "", enhanced = "", larger = ""] = lines;
  const [width, height] = (await fetchFile(image)).size.split("x").map(Number);
  assert.ok(width && height);
  assert.equal((await fetchFile(larger)).size, `${4 * width}x${4 * height}`);
  assert.ok(enhanced.length > "dragon".length);
}

test("the documented CommonJS sample makes a image in Node", async () => {
  await writeFile(join(project, "sample.cjs"), commonjs);
  const printed = await run(project, process.execPath, "sample.cjs");
  assert.deepEqual((await fetchFile(printed.trim())).size, "512x512");
});

test("the documented ES module sample runs in Node", async () => {
  await writeFile(join(project, "sample.mjs"), module);
  await checkOutput((await run(project, process.execPath, "sample.mjs")).trim().split("\n"));
});

test("the documented sample runs in Deno, with the one file that the gateway serves", async () => {
  await writeFile(join(project, "sample.ts"), module);
  await writeFile(join(project, "wokgen.ts"), (await fetchFile(`${URL_OF_GATEWAY}/sdk/wokgen.ts`)).bytes);
  await writeFile(join(project, "map.json"), '{ "imports": { "@wokspec/sdk": "./wokgen.ts" } }');
  const alone = ["--no-config", "--no-lock", "--no-remote", "--no-npm", "--no-prompt", "--allow-net=127.0.0.1"];
  const printed = await run(project, bin("deno"), "run", "--check", ...alone, "--import-map=map.json", "sample.ts");
  await checkOutput(printed.trim().split("\n"));
});

test("the documented sample runs in a page of another origin", async (t) => {
  const html = `<!doctype html><script type="importmap">{ "imports": { "@wokspec/sdk": "/sdk.js" } }</script>
<script type="module">${module}console.log("the end");</script>`;
  const sdk = await readFile(join(ROOT, "dist/index.js"));
  const server = createServer((request, response) => {
    const wanted = request.url === "/sdk.js";
    response.setHeader("Content-Type", wanted ? "text/javascript" : "text/html");
    response.end(wanted ? sdk : html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const tab = await browser.newPage();
  const lines: string[] = [];
  const done = new Promise<void>((resolve, reject) => {
    tab.on("pageerror", reject);
    tab.on("console", (message) => message.text() === "the end" ? resolve() : void lines.push(message.text()));
  });
  await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await done;
  await tab.close();
  await checkOutput(lines.filter((line) => !line.startsWith("Failed to load resource")));
});
