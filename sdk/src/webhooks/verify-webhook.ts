import { WebhookVerificationError } from "../errors.ts";
import type { WebhookEvent } from "./events.ts";
import { concat, createVerify } from "./signature.ts";

const TOLERANCE_S_DEFAULT = 300;

/** Request headers as servers provide them. */
export type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A received webhook, and the secret to verify it with. */
export interface WebhookDelivered {
  /** The endpoint's secret, `whsec_...`. During a rotation, the old and the new one. */
  secret: string | readonly string[];
  /** The request's headers: a `Headers`, or an object such as Node's `request.headers`. */
  headers: HeadersLike;
  /** The request's body exactly as received. Parsing and serializing it again breaks the signature. */
  body: string | Uint8Array | ArrayBuffer;
  /** How far the signature's time may be from now, in seconds. Default: 300. */
  toleranceS?: number | undefined;
  /** The current time in Unix milliseconds. Default: now. */
  nowMs?: number | undefined;
}

/**
 * Verify a webhook as Standard Webhooks 1.0 defines it, and return its event. Throws WebhookVerificationError if the
 * signature is wrong, and TypeError if the secret is malformed. An event may arrive more than once, each time with the
 * same `webhook-id` header.
 */
export async function verifyWebhook(delivered: WebhookDelivered): Promise<WebhookEvent> {
  const { secret, headers, body, toleranceS = TOLERANCE_S_DEFAULT, nowMs = Date.now() } = delivered;
  const verifies = await Promise.all((typeof secret === "string" ? [secret] : secret).map(createVerify));
  const id = requireHeader(headers, "webhook-id", /^[^.\s]+$/);
  const timestamp = requireHeader(headers, "webhook-timestamp", /^\d{1,12}$/);
  const signatures = requireHeader(headers, "webhook-signature", /./);
  if (!(Math.abs(nowMs / 1_000 - Number(timestamp)) <= toleranceS)) {
    throw new WebhookVerificationError("webhook-timestamp is too far from now.");
  }
  const bytes = toBytes(body);
  const signed = concat(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const matches = await Promise.all(verifies.map((verify) => verify(signatures, signed)));
  if (!matches.includes(true)) throw new WebhookVerificationError("No signature matches this secret and body.");
  return parseEvent(bytes);
}

function requireHeader(headers: HeadersLike, name: string, pattern: RegExp): string {
  const value = readHeader(headers, name);
  if (value === null || !pattern.test(value)) {
    throw new WebhookVerificationError(`${name} is ${value === null ? "missing" : "malformed"}.`);
  }
  return value;
}

function readHeader(headers: HeadersLike, name: string): string | null {
  if (isHeaders(headers)) return headers.get(name);
  const found = Object.keys(headers).find((key) => key.toLowerCase() === name);
  const value = found === undefined ? undefined : headers[found];
  return value === undefined ? null : typeof value === "string" ? value : value.join(" ");
}

// Some servers have a `Headers` class of their own, so `instanceof` would not do.
function isHeaders(headers: HeadersLike): headers is Headers {
  return typeof (headers as Headers).get === "function";
}

function toBytes(body: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (Object.prototype.toString.call(body) === "[object ArrayBuffer]") return new Uint8Array(body);
  throw new TypeError("body must be the request's body as received: text or bytes, not parsed JSON.");
}

function parseEvent(bytes: Uint8Array): WebhookEvent {
  try {
    const event: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof event === "object" && event !== null && "event" in event) return event as WebhookEvent;
  } catch (error) {
    throw new WebhookVerificationError("The body is signed but not JSON.", { cause: error });
  }
  throw new WebhookVerificationError("The body is signed but not an event.");
}
