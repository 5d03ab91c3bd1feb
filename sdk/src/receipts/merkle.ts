import { concat } from "../webhooks/signature.ts";

/** Return the SHA-256 of bytes. */
export async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** Return the bytes of a hexadecimal text. Another text gives an empty array. */
export function fromHex(hex: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(hex)) return new Uint8Array();
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

/** Return bytes as hexadecimal text. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A place in a tree of RFC 6962, and the hashes of the neighbours on the way to its root. */
export interface Place {
  index: number;
  size: number;
  path: readonly string[];
}

/** Return the root that a leaf's path leads to, in hexadecimal; null for a path that fits no tree of that size. */
export async function climb(leaf: Uint8Array, { index, size, path }: Place): Promise<string | null> {
  if (!(index >= 0 && index < size)) return null;
  const rest = path.map(fromHex);
  let found = await sha256(Uint8Array.of(0), leaf);
  for (let at = index, last = size - 1; last > 0; at = Math.floor(at / 2), last = Math.floor(last / 2)) {
    if (at % 2 === 0 && at === last) continue;
    const neighbour = rest.shift();
    if (neighbour === undefined) return null;
    const pair = at % 2 === 1 ? [neighbour, found] : [found, neighbour];
    found = await sha256(Uint8Array.of(1), ...pair);
  }
  return rest.length === 0 ? toHex(found) : null;
}
