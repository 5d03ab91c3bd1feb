const SECRET_PREFIX = "whsec_";
const VERSION = "v1,";
/** A sender signs with one secret, or with two during a rotation. */
const SIGNATURES_MAX = 16;

/** Resolves to whether one of the signatures in a `webhook-signature` header is a signature of these bytes. */
export type Verify = (header: string, signed: ArrayBuffer) => Promise<boolean>;

/** Return a function that verifies with a secret, in constant time. Throws TypeError unless it is `whsec_` and base64. */
export async function createVerify(secret: string): Promise<Verify> {
  const bytes = secret.startsWith(SECRET_PREFIX) ? decodeBase64(secret.slice(SECRET_PREFIX.length)) : null;
  if (bytes === null || bytes.byteLength === 0) throw new TypeError("A webhook secret must be whsec_ and base64.");
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return async (header, signed) => {
    const checks = parseSignatures(header).map((signature) => crypto.subtle.verify("HMAC", key, signature, signed));
    return (await Promise.all(checks)).includes(true);
  };
}

/** Concatenate bytes in a new buffer. */
export function concat(...parts: readonly Uint8Array[]): ArrayBuffer {
  const whole = new ArrayBuffer(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    new Uint8Array(whole, offset).set(part);
    offset += part.length;
  }
  return whole;
}

// Unknown versions are skipped: a sender may sign with several.
function parseSignatures(header: string): ArrayBuffer[] {
  const known = header.split(" ").filter((entry) => entry.startsWith(VERSION)).slice(0, SIGNATURES_MAX);
  return known.map((entry) => decodeBase64(entry.slice(VERSION.length)) ?? new ArrayBuffer(0));
}

function decodeBase64(base64: string): ArrayBuffer | null {
  try {
    return concat(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}
