import { checkedRetries, checkedTimeoutMs, type Config } from "../config.ts";
import type { CallOptions } from "../options.ts";
import type { Answer } from "./answer.ts";
import { attempt, type Prepared } from "./attempt.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { pause } from "./pause.ts";
import { isApiError } from "../errors/guards.ts";
import { retryDelayMs } from "./retry-timing.ts";
import { isTransient, isUntouched } from "./transient.ts";

const TIMEOUT_MS_DEFAULT = 30_000;
/** The gateway holds a call that waits for up to 60 s. */
const TIMEOUT_MS_WAITING = 90_000;

/** One call of either API. */
export interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  url: string;
  /** Sent as JSON, the same bytes in every attempt: the gateway compares them under an Idempotency-Key. */
  body?: object;
  /** Seconds for `Prefer: wait=N`. */
  waitS?: number | undefined;
  /** Whether the answer may be held until a job has ended. */
  held?: boolean;
  /** False for a call that must not run twice and knows no Idempotency-Key. */
  repeatable?: boolean;
}

/** Makes a call: attempts until one is answered, or fails for good, or has been repeated often enough. */
export async function send<Value>(config: Config, call: Call, options: CallOptions = {}): Promise<Answer<Value>> {
  const prepared = prepare(config, call, options);
  const retries = checkedRetries(options.retries) ?? config.retries;
  const mayRepeat = call.repeatable === false ? isUntouched : isTransient;
  for (let attempts = 1;; attempts += 1) {
    try {
      return await attempt<Value>(config.fetch, prepared);
    } catch (error) {
      if (attempts > retries || !mayRepeat(error)) throw error;
      const delayMs = retryDelayMs(attempts, Math.random(), isApiError(error) ? error.retryAfterMs : null);
      if (delayMs === null) throw error;
      await pause(delayMs, options.signal);
    }
  }
}

function prepare(config: Config, call: Call, options: CallOptions): Prepared {
  const headers = new Headers({ Accept: "application/json" });
  if (config.authorization !== null) headers.set("Authorization", config.authorization);
  if (call.body !== undefined) headers.set("Content-Type", "application/json");
  if (call.waitS !== undefined) headers.set("Prefer", `wait=${call.waitS}`);
  if (call.method === "POST") headers.set("Idempotency-Key", options.idempotencyKey ?? newIdempotencyKey());
  const longest = call.held ? TIMEOUT_MS_WAITING : TIMEOUT_MS_DEFAULT;
  return {
    url: call.url,
    method: call.method,
    headers,
    body: call.body === undefined ? null : JSON.stringify(call.body),
    timeoutMs: checkedTimeoutMs(options.timeoutMs, "timeoutMs") ?? config.timeoutMs ?? longest,
    signal: options.signal,
  };
}
