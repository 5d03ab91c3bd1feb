/** Longest wait before another attempt. Who asks for more, such as a quota that comes back tomorrow, gets none. */
export const RETRY_WAIT_MS_MAX = 60_000;

const BACKOFF_MS_FIRST = 500;
const BACKOFF_MS_MAX = 8_000;

/**
 * How long to wait after the attempt numbered `attempt` (from 1) has failed; null if it is longer than anyone should be
 * held up. `askedMs` is the API's Retry-After, `dice` is in [0, 1): it spreads out clients that failed together.
 */
export function retryDelayMs(attempt: number, dice: number, askedMs: number | null): number | null {
  if (askedMs !== null && askedMs > RETRY_WAIT_MS_MAX) return null;
  if (askedMs !== null && askedMs > 0) return askedMs * (1 + dice / 10);
  return Math.min(BACKOFF_MS_FIRST * 2 ** (attempt - 1), BACKOFF_MS_MAX) * (0.5 + dice / 2);
}

/** Milliseconds that a Retry-After header asks for, in seconds or as a date after `nowMs`; null without a usable one. */
export function parseRetryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const asked = header.trim();
  if (/^\d+(\.\d+)?$/.test(asked)) return Number(asked) * 1_000;
  const dueMs = /[a-z]/i.test(asked) ? Date.parse(asked) : NaN;
  return Number.isNaN(dueMs) ? null : Math.max(dueMs - nowMs, 0);
}
