import { type Config, validateRetries } from "../config.ts";
import { isApiError } from "../errors.ts";
import type { CallOptions } from "../options.ts";
import { sendOnce } from "./attempt.ts";
import { type Call, prepare, type PreparedRequest } from "./request.ts";
import type { ApiResponse } from "./response.ts";
import { isTransient, isUnprocessed, retryDelayMs } from "./retry.ts";
import { sleep } from "./sleep.ts";

/** Send a call, and retry it after failures that may be temporary. Throws the last failure. */
export function send<Value>(config: Config, call: Call, options: CallOptions = {}): Promise<ApiResponse<Value>> {
  const isRetryable = call.repeatable === false ? isUnprocessed : isTransient;
  return retry(config, prepare(config, call, options), options, isRetryable);
}

/** Send a request, and again after failures that are retryable. Throws the last failure. */
export async function retry<Value>(
  config: Config,
  request: PreparedRequest,
  options: CallOptions,
  isRetryable: (error: unknown) => boolean = isTransient,
): Promise<ApiResponse<Value>> {
  const retries = validateRetries(options.retries) ?? config.retries;
  for (let attempt = 1;; attempt += 1) {
    try {
      return await sendOnce<Value>(config.fetch, request);
    } catch (error) {
      if (attempt > retries || !isRetryable(error)) throw error;
      const delayMs = retryDelayMs(attempt, Math.random(), isApiError(error) ? error.retryAfterMs : null);
      if (delayMs === null) throw error;
      await sleep(delayMs, options.signal);
    }
  }
}
