import { type Config, validateTimeoutMs } from "../config.ts";
import type { CallOptions } from "../options.ts";

const TIMEOUT_MS_DEFAULT = 30_000;
/** The gateway holds the response to a waiting call for up to 55 s, or as long as it is set to. */
const TIMEOUT_MS_WAITING = 90_000;

/** One call of either API. */
export interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  url: string;
  /** Sent as JSON. Every attempt sends the same bytes, because the gateway compares them under an Idempotency-Key. */
  body?: object;
  /** Seconds for `Prefer: wait=N`. */
  waitS?: number | undefined;
  /** Whether the gateway may hold the response until the job has ended. */
  waits?: boolean;
  /** False for a call that must not run twice and does not support an Idempotency-Key. */
  repeatable?: boolean;
}

/** One HTTP request, ready to be sent as often as needed. */
export interface PreparedRequest {
  url: string;
  method: string;
  headers: Headers;
  body: string | Blob | null;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** Return the HTTP request of a call. */
export function prepare(config: Config, call: Call, options: CallOptions): PreparedRequest {
  const headers = new Headers({ Accept: "application/json" });
  if (config.authorization !== null) headers.set("Authorization", config.authorization);
  if (call.body !== undefined) headers.set("Content-Type", "application/json");
  if (call.waitS !== undefined) headers.set("Prefer", `wait=${call.waitS}`);
  if (call.method === "POST") headers.set("Idempotency-Key", options.idempotencyKey ?? createIdempotencyKey());
  const defaultMs = call.waits ? TIMEOUT_MS_WAITING : TIMEOUT_MS_DEFAULT;
  return {
    url: call.url,
    method: call.method,
    headers,
    body: call.body === undefined ? null : JSON.stringify(call.body),
    timeoutMs: validateTimeoutMs(options.timeoutMs, "timeoutMs") ?? config.timeoutMs ?? defaultMs,
    signal: options.signal,
  };
}

/** Encode an id as a URL segment. Throws TypeError for a value that would change the path, such as undefined or `..`. */
export function encodeId(id: string): string {
  if (typeof id === "string" && /[^.]/.test(id)) return encodeURIComponent(id);
  throw new TypeError(`The id must be a non-empty string, not ${JSON.stringify(id)}.`);
}

/** Return the `?limit=` query of a list; empty without a limit. */
export function limitQuery(limit: number | undefined): string {
  return limit === undefined ? "" : `?limit=${encodeURIComponent(limit)}`;
}

// `crypto.randomUUID` is missing on pages that were not loaded over https.
function createIdempotencyKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
