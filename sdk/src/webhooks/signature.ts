const SECRET_PREFIX = "whsec_";
const VERSION = "v1,";
/** A sender signs with one secret, or two during a rotation. */
const SIGNATURES_MAX = 16;

/** Whether any of a `webhook-signature` header's signatures is of these bytes. */
export type Verify = (header: string, signed: ArrayBuffer) => Promise<boolean>;

/** What verifies with a secret, `whsec_` and base64. Web Crypto compares in constant time. Throws TypeError. */
export async function verifier(secret: string): Promise<Verify> {
  const bytes = secret.startsWith(SECRET_PREFIX) ? decoded(secret.slice(SECRET_PREFIX.length)) : null;
  if (bytes === null || bytes.byteLength === 0) throw new TypeError("A webhook secret is whsec_ and base64.");
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return async (header, signed) => {
    const checked = signatures(header).map((signature) => crypto.subtle.verify("HMAC", key, signature, signed));
    return (await Promise.all(checked)).includes(true);
  };
}

/** Bytes one after the other, in a buffer of their own. */
export function joined(...parts: readonly Uint8Array[]): ArrayBuffer {
  const whole = new ArrayBuffer(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    new Uint8Array(whole, place).set(part);
    place += part.length;
  }
  return whole;
}

// A version that is not known here is no error: a sender may sign in several.
function signatures(header: string): ArrayBuffer[] {
  const known = header.split(" ").filter((entry) => entry.startsWith(VERSION)).slice(0, SIGNATURES_MAX);
  return known.map((entry) => decoded(entry.slice(VERSION.length)) ?? new ArrayBuffer(0));
}

function decoded(base64: string): ArrayBuffer | null {
  try {
    return joined(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}
