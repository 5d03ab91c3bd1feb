import { AbortedError } from "../errors/aborted-error.ts";

/** Waits for `delayMs`. Throws AbortedError as soon as `signal` is aborted. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new AbortedError(signal));
    const stop = (): void => {
      clearTimeout(timer);
      if (signal) reject(new AbortedError(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
