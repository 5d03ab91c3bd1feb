import { WebhookVerificationError } from "../errors/webhook-verification-error.ts";
import type { WebhookEvent } from "./events.ts";
import { headerOf, type HeadersLike } from "./headers.ts";
import { joined, verifier } from "./signature.ts";

const TOLERANCE_S_DEFAULT = 300;

/** What a webhook brought, and what to check it with. */
export interface WebhookDelivered {
  /** The endpoint's secret, `whsec_...`; during a rotation the old and the new one. */
  secret: string | readonly string[];
  /** The request's headers: a `Headers`, or an object as Node's `request.headers`. */
  headers: HeadersLike;
  /** The request's body exactly as it came: parsing and writing it again would break the signature. */
  body: string | Uint8Array | ArrayBuffer;
  /** How old, or how far in the future, the signature may be, in seconds. Default: 300. */
  toleranceS?: number | undefined;
  /** The time it is, in Unix milliseconds. Default: now. */
  nowMs?: number | undefined;
}

/**
 * The event of a webhook that was signed with the secret, as Standard Webhooks 1.0 has it. Throws
 * WebhookVerificationError if it was not; TypeError for a secret that is none. An event may come more than once: the
 * header `webhook-id` is the same every time.
 */
export async function verifyWebhook(delivered: WebhookDelivered): Promise<WebhookEvent> {
  const { secret, headers, body, toleranceS = TOLERANCE_S_DEFAULT, nowMs = Date.now() } = delivered;
  const verifiers = await Promise.all((typeof secret === "string" ? [secret] : secret).map(verifier));
  const id = required(headers, "webhook-id", /^[^.\s]+$/);
  const timestamp = required(headers, "webhook-timestamp", /^\d{1,12}$/);
  const signatures = required(headers, "webhook-signature", /./);
  if (!(Math.abs(nowMs / 1_000 - Number(timestamp)) <= toleranceS)) {
    throw new WebhookVerificationError("webhook-timestamp is too far from now.");
  }
  const bytes = bytesOf(body);
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const matches = await Promise.all(verifiers.map((verify) => verify(signatures, signed)));
  if (!matches.includes(true)) throw new WebhookVerificationError("No signature is of this secret and body.");
  return eventIn(bytes);
}

function required(headers: HeadersLike, name: string, shape: RegExp): string {
  const value = headerOf(headers, name);
  if (value === null || !shape.test(value)) {
    throw new WebhookVerificationError(`${name} is ${value === null ? "missing" : "malformed"}.`);
  }
  return value;
}

function bytesOf(body: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (Object.prototype.toString.call(body) === "[object ArrayBuffer]") return new Uint8Array(body);
  throw new TypeError("body is the request's body as it came: text or bytes, not parsed JSON.");
}

function eventIn(bytes: Uint8Array): WebhookEvent {
  try {
    const event: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof event === "object" && event !== null && "event" in event) return event as WebhookEvent;
  } catch (error) {
    throw new WebhookVerificationError("The body is signed, but it is not JSON.", { cause: error });
  }
  throw new WebhookVerificationError("The body is signed, but it is no event.");
}
