import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "./package.ts";

const GENERATED = "schema.ts";
const modules = readdirSync(`${ROOT}src`, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && name !== GENERATED)
  .map((name) => ({ name, lines: readFileSync(`${ROOT}src/${name}`, "utf8").split("\n") }));

test("modules are small", () => {
  const lengths = modules.map(({ lines }) => lines.length).sort((a, b) => a - b);
  assert.ok((lengths[Math.floor(lengths.length / 2)] ?? 0) < 60, `median of ${lengths.join(" ")}`);
  assert.ok((lengths.at(-1) ?? 0) <= 150);
});

test("functions have at most 50 lines", () => {
  for (const { name, lines } of modules) {
    for (const [whole] of lines.join("\n").matchAll(/^(?:export )?(?:async )?function [\s\S]*?^}/gm)) {
      assert.ok(whole.split("\n").length <= 50, `${name}: ${whole.slice(0, 80)}`);
    }
  }
});

test("modules import only modules of the SDK", () => {
  for (const { name, lines } of modules) {
    for (const [, from] of lines.join("\n").matchAll(/from "([^"]+)"/g)) assert.match(from ?? "", /^\.{1,2}\//, name);
  }
});

test("every option and field is documented", () => {
  for (const name of ["options.ts", "schema.ts", "webhooks/verify-webhook.ts"]) {
    const lines = readFileSync(`${ROOT}src/${name}`, "utf8").split("\n");
    for (const [index, line] of lines.entries()) {
      if (/^ {2}\w+\??: [^=]*;$/.test(line)) assert.match(lines[index - 1] ?? "", /\*\/$/, `${name}: ${line.trim()}`);
    }
  }
});
