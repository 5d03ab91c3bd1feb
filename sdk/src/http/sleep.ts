import { AbortedError } from "../errors.ts";

/** Wait for `delayMs`. Throws AbortedError as soon as `signal` is aborted. */
export function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new AbortedError(signal));
    const abort = (): void => {
      clearTimeout(timer);
      if (signal) reject(new AbortedError(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
