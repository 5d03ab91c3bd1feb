import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bin, createFolder, installPackage, ROOT, run } from "./package.ts";
import { IMAGE } from "./samples.ts";
import { serve } from "./server.ts";

const { path: project, remove } = await createFolder();
after(remove);
let tarball = "";

before(async () => {
  tarball = await installPackage(project);
});

test("the package has no dependency and contains only the built files", async () => {
  const home = join(project, "node_modules/@wokspec/sdk");
  const manifest = JSON.parse(await readFile(join(home, "package.json"), "utf8")) as Record<string, unknown>;
  assert.deepEqual([manifest["dependencies"], manifest["peerDependencies"]], [undefined, undefined]);
  assert.deepEqual((await readdir(join(project, "node_modules"))).filter((name) => !name.startsWith(".")), [
    "@wokspec",
  ]);
  assert.deepEqual((await readdir(home, { recursive: true })).sort(), [
    ...["README.md", "dist", "dist/index.cjs", "dist/index.d.cts", "dist/index.d.ts", "dist/index.js", "package.json"],
  ]);
});

test("publint finds nothing", async () => {
  await run(project, bin("publint"), "run", tarball, "--strict");
});

test("are the types wrong? No", async () => {
  await run(project, bin("attw"), tarball);
});

test("the documented CommonJS sample works", async (t) => {
  const { url } = await serve(t, { body: IMAGE });
  await writeFile(
    join(project, "sample.cjs"),
    `const wokgen = require('@wokspec/sdk');

(async () => {
const client = new wokgen.Client({ apiKey: 'your-api-key', baseUrl: ${JSON.stringify(url)} });
const result = await client.generate({
  prompt: 'pixel art dragon',
  mode: 'pixel',
  width: 512,
  height: 512,
});
console.log(result.imageUrl);
})();
`,
  );
  assert.equal(await run(project, process.execPath, "sample.cjs"), `${IMAGE.imageUrl}\n`);
});

test("the documented ESM sample works", async (t) => {
  const { url, seen } = await serve(t, { body: IMAGE });
  await writeFile(
    join(project, "sample.mjs"),
    `import { WokGenClient } from '@wokspec/sdk';

const client = new WokGenClient({ apiKey: 'wok_your_key_here', baseUrl: ${JSON.stringify(url)} });

// Generate image
const result = await client.generate({ prompt: 'pixel art dragon', mode: 'pixel' });
console.log(result.imageUrl);

// Enhance prompt
const enhanced = await client.enhancePrompt({ prompt: 'dragon', mode: 'pixel' });

// Upscale image
const upscaled = await client.upscale({ imageUrl: result.imageUrl, scale: 4 });
`,
  );
  assert.equal(await run(project, process.execPath, "sample.mjs"), `${IMAGE.imageUrl}\n`);
  assert.deepEqual(seen.map(({ path }) => path), ["/api/generate", "/api/prompt/enhance", "/api/tools/upscale"]);
});

test("the guards accept errors of another copy, which instanceof does not", async () => {
  await writeFile(
    join(project, "copies.mjs"),
    `import { createRequire } from "node:module";
import { isNetworkError, NetworkError } from "@wokspec/sdk";
const other = createRequire(import.meta.url)("@wokspec/sdk");
const error = new other.NetworkError("from the CommonJS copy");
console.log(isNetworkError(error), error instanceof NetworkError);
`,
  );
  assert.equal(await run(project, process.execPath, "copies.mjs"), "true false\n");
});

test("the types compile in ES modules, CommonJS and browsers", async () => {
  const names = ["consumer.mts", "consumer.cts"];
  const source = await readFile(join(ROOT, "test/consumers/types.ts"), "utf8");
  await writeFile(join(project, "consumer.mts"), source);
  await writeFile(join(project, "consumer.cts"), source);
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  for (const [place, [, sample = ""]] of [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].entries()) {
    names.push(`readme-${place}.mts`);
    await writeFile(join(project, `readme-${place}.mts`), sample);
  }
  assert.ok(names.length > 5);
  const tsc = (...settings: string[]): Promise<string> =>
    run(project, bin("tsc"), "--strict", "--noEmit", "--typeRoots", join(ROOT, "node_modules/@types"), ...settings);
  await tsc(...["--module", "nodenext", "--lib", "es2022", "--types", "node"], ...names);
  const browser = ["--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom", "--target", "es2022"];
  await tsc(...["--module", "nodenext", "--lib", "es2022", "--types", "node"], join(ROOT, "wokgen.ts"));
  await tsc(...browser, "--exactOptionalPropertyTypes", "consumer.mts");
});
