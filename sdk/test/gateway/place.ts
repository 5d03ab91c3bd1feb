import { env } from "node:process";

/** The gateway that these tests are for, started by `python -m tests.programs.sdk`: its address, and a key with money. */
export const URL_OF_GATEWAY: string = given("WOKGEN_URL");
export const BASE_URL: string = `${URL_OF_GATEWAY}/api`;
export const API_KEY: string = given("WOKGEN_KEY");

function given(name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set: run \`make sdk\`, which starts a gateway.`);
  return value;
}

/** The kind of a file and, of a PNG, its size; fetched as anybody may, without a key. */
export async function file(url: string): Promise<{ type: string; bytes: Uint8Array; size: string }> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get("Content-Type") ?? "";
  const header = new DataView(bytes.buffer);
  const size = type === "image/png" ? `${header.getUint32(16)}x${header.getUint32(20)}` : "";
  return { type, bytes, size };
}
