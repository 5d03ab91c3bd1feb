import { validateTimeoutMs } from "./config.ts";
import { ApiError, isApiError, isWokGenError, TimeoutError } from "./errors.ts";
import { isTransient } from "./http/retry.ts";
import { sleep } from "./http/sleep.ts";
import type { CallOptions, WaitOptions } from "./options.ts";

const WAIT_MS_DEFAULT = 600_000;
const INTERVAL_MS_DEFAULT = 1_000;
const INTERVAL_MS_MAX = 5_000;
const INTERVAL_GROWTH = 1.5;
const REQUEST_MS_MAX = 30_000;

interface HasStatus {
  status: string;
}

/** A job or generation to poll: how to read it, and its last known state. */
export interface PollTarget<State extends HasStatus> {
  id: string;
  known: State | null;
  read: (options: CallOptions) => Promise<State>;
}

/** The result of one poll. A failed one has no state, but may name the time to wait. */
interface PollResult<State> {
  state: State | null;
  retryAfterMs: number;
}

/** Poll until the target has ended, also after failures that may be temporary. Every error that is thrown has its id. */
export async function poll<State extends HasStatus>(
  target: PollTarget<State>,
  options: WaitOptions<State>,
): Promise<State> {
  const timeoutMs = validateTimeoutMs(options.timeoutMs, "timeoutMs") ?? WAIT_MS_DEFAULT;
  const intervalMs = validateTimeoutMs(options.intervalMs, "intervalMs") ?? INTERVAL_MS_DEFAULT;
  const deadlineMs = performance.now() + timeoutMs;
  const leftMs = (): number => Math.max(deadlineMs - performance.now(), 1);
  const read = (): Promise<PollResult<State>> =>
    pollOnce(target, { signal: options.signal, retries: 0, timeoutMs: Math.min(leftMs(), REQUEST_MS_MAX) });
  try {
    let { state, retryAfterMs } = target.known === null ? await read() : { state: target.known, retryAfterMs: 0 };
    for (let polls = 1;; polls += 1) {
      if (state !== null) options.onProgress?.(state);
      if (state !== null && hasEnded(state)) return state;
      const delayMs = Math.max(pollDelayMs(polls, intervalMs, Math.random()), retryAfterMs);
      await sleep(Math.min(delayMs, leftMs()), options.signal);
      if (performance.now() >= deadlineMs) {
        throw new TimeoutError(`${target.id} has not ended within ${timeoutMs} ms.`, timeoutMs);
      }
      ({ state, retryAfterMs } = await read());
    }
  } catch (error) {
    if (isWokGenError(error)) error.jobId ??= target.id;
    throw error;
  }
}

/** Return the delay after poll number `polls` (from 1): `intervalMs`, growing to 5 s, and up to a tenth less by `random`. */
export function pollDelayMs(polls: number, intervalMs: number, random: number): number {
  const grownMs = intervalMs * INTERVAL_GROWTH ** (polls - 1);
  return Math.min(grownMs, Math.max(INTERVAL_MS_MAX, intervalMs)) * (1 - random / 10);
}

/** Return the error of a failed job: the same as if its call had waited for it. */
export function toJobError(jobId: string, code: string | undefined, message: string | undefined): ApiError {
  const error = new ApiError({ status: 502, code: code ?? "failed", message: message ?? "The job failed." });
  error.jobId = jobId;
  return error;
}

async function pollOnce<State extends HasStatus>(
  target: PollTarget<State>,
  options: CallOptions,
): Promise<PollResult<State>> {
  try {
    return { state: await target.read(options), retryAfterMs: 0 };
  } catch (error) {
    if (!isTransient(error)) throw error;
    return { state: null, retryAfterMs: (isApiError(error) && error.retryAfterMs) || 0 };
  }
}

// An unknown status, from a later version of the API, counts as running.
function hasEnded({ status }: HasStatus): boolean {
  return status === "completed" || status === "failed";
}
