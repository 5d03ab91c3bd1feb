import { basename } from "node:path";
import { argv, env } from "node:process";
import { setTimeout } from "node:timers/promises";

const LIMIT_MS = 30_000; // as Playwright's

/** The gateway under test, started by `python -m tests.programs.sdk`. */
export const URL_OF_GATEWAY: string = requireVariable("WOKGEN_URL");
export const BASE_URL: string = `${URL_OF_GATEWAY}/api`;

/** A key of the account of this test file. Files run at the same time, and would see each other's changes in one account. */
export const API_KEY: string = requireVariable(`WOKGEN_KEY_${basename(String(argv[1]), ".test.js").toUpperCase()}`);

/** Waits until a condition holds. Rejects with its name after a time limit. */
export async function waitUntil(holds: () => boolean | Promise<boolean>, name: string): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`It did not happen within ${LIMIT_MS} ms: ${name}.`);
    await setTimeout(50);
  }
}

function requireVariable(name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set: run \`make sdk\`, which starts a gateway.`);
  return value;
}

/** Fetches a file without a key. Returns its type, bytes and, for a PNG, its size in pixels. */
export async function fetchFile(url: string): Promise<{ type: string; bytes: Uint8Array; size: string }> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} responded with ${response.status}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get("Content-Type") ?? "";
  const header = new DataView(bytes.buffer);
  const size = type === "image/png" ? `${header.getUint32(16)}x${header.getUint32(20)}` : "";
  return { type, bytes, size };
}
