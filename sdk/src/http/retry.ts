import { FOREIGN_CODE, isApiError, isNetworkError, isTimeoutError } from "../errors.ts";

/** The longest wait before another attempt. A longer Retry-After, such as that of a daily quota, ends the retries. */
export const RETRY_WAIT_MS_MAX = 60_000;

const BACKOFF_MS_FIRST = 500;
const BACKOFF_MS_MAX = 8_000;
const TRANSIENT_STATUSES: readonly number[] = [408, 429, 500, 503, 504];

/**
 * Return the delay after attempt number `attempt` (from 1) has failed; null if it would be longer than the maximum.
 * `retryAfterMs` is the API's Retry-After. `random` is in [0, 1) and spreads out clients that failed together.
 */
export function retryDelayMs(attempt: number, random: number, retryAfterMs: number | null): number | null {
  if (retryAfterMs !== null && retryAfterMs > RETRY_WAIT_MS_MAX) return null;
  if (retryAfterMs !== null && retryAfterMs > 0) return retryAfterMs * (1 + random / 10);
  return Math.min(BACKOFF_MS_FIRST * 2 ** (attempt - 1), BACKOFF_MS_MAX) * (0.5 + random / 2);
}

/** Parse a Retry-After header, in seconds or as a date after `nowMs`, to milliseconds; null if it is unusable. */
export function parseRetryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const value = header.trim();
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1_000;
  const dueMs = /[a-z]/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(dueMs) ? null : Math.max(dueMs - nowMs, 0);
}

/**
 * Return whether the same request may succeed later. A 502 from the API is a provider's definite refusal. A 502 from
 * something in between only means that the API was not reached.
 */
export function isTransient(error: unknown): boolean {
  if (isNetworkError(error) || isTimeoutError(error)) return true;
  if (!isApiError(error)) return false;
  return TRANSIENT_STATUSES.includes(error.status) || (error.status === 502 && error.code === FOREIGN_CODE);
}

/** Return whether the request was certainly not processed. Then a call that must not run twice may be repeated too. */
export function isUnprocessed(error: unknown): boolean {
  return isApiError(error) && error.status === 429;
}
