import { checkedTimeoutMs } from "../config.ts";
import { isApiError, isWokGenError } from "../errors/guards.ts";
import { TimeoutError } from "../errors/timeout-error.ts";
import { pause } from "../http/pause.ts";
import { isTransient } from "../http/transient.ts";
import type { CallOptions, WaitOptions } from "../options.ts";
import { pollDelayMs } from "./poll-timing.ts";

const WAIT_MS_DEFAULT = 600_000;
const INTERVAL_MS_DEFAULT = 1_000;
const LOOK_MS_MAX = 30_000;

interface Stated {
  status: string;
}

/** Something that ends: how to read it, and what is known of it. */
export interface Polled<Seen extends Stated> {
  id: string;
  known: Seen | null;
  read: (options: CallOptions) => Promise<Seen>;
}

/** Looks until it has ended. A look that fails in a way that may pass is made again; whatever is thrown names the id. */
export async function poll<Seen extends Stated>(polled: Polled<Seen>, options: WaitOptions<Seen>): Promise<Seen> {
  const timeoutMs = checkedTimeoutMs(options.timeoutMs, "timeoutMs") ?? WAIT_MS_DEFAULT;
  const intervalMs = checkedTimeoutMs(options.intervalMs, "intervalMs") ?? INTERVAL_MS_DEFAULT;
  const deadlineMs = performance.now() + timeoutMs;
  const leftMs = (): number => Math.max(deadlineMs - performance.now(), 1);
  const look = (): Promise<Look<Seen>> =>
    lookAt(polled, { signal: options.signal, retries: 0, timeoutMs: Math.min(leftMs(), LOOK_MS_MAX) });
  try {
    let { seen, askedMs } = polled.known === null ? await look() : { seen: polled.known, askedMs: 0 };
    for (let looks = 1;; looks += 1) {
      if (seen !== null) options.onProgress?.(seen);
      if (seen !== null && hasEnded(seen)) return seen;
      await pause(Math.min(Math.max(pollDelayMs(looks, intervalMs, Math.random()), askedMs), leftMs()), options.signal);
      if (performance.now() >= deadlineMs) {
        throw new TimeoutError(`${polled.id} has not ended within ${timeoutMs} ms.`, timeoutMs);
      }
      ({ seen, askedMs } = await look());
    }
  } catch (error) {
    if (isWokGenError(error)) error.jobId ??= polled.id;
    throw error;
  }
}

/** What a look saw: nothing if it failed, and then how long the API asked to wait. */
interface Look<Seen> {
  seen: Seen | null;
  askedMs: number;
}

async function lookAt<Seen extends Stated>(
  polled: Polled<Seen>,
  options: CallOptions,
): Promise<Look<Seen>> {
  try {
    return { seen: await polled.read(options), askedMs: 0 };
  } catch (error) {
    if (!isTransient(error)) throw error;
    return { seen: null, askedMs: (isApiError(error) && error.retryAfterMs) || 0 };
  }
}

// A status of a later version is still running.
function hasEnded({ status }: Stated): boolean {
  return status === "completed" || status === "failed";
}
