import { env } from "node:process";

/** The gateway under test, started by `python -m tests.programs.sdk`: its URL, and a key of an account with a balance. */
export const URL_OF_GATEWAY: string = requireVariable("WOKGEN_URL");
export const BASE_URL: string = `${URL_OF_GATEWAY}/api`;
export const API_KEY: string = requireVariable("WOKGEN_KEY");

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
