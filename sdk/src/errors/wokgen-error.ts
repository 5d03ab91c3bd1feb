/** Marks our errors across copies of this module: one page or process may have loaded it as ESM and as CommonJS. */
export const BRAND: unique symbol = Symbol.for("@wokspec/sdk error");

/**
 * What every error of this client is.
 *
 * ```
 * WokGenError
 * ├── ApiError                  the API answered, and it was a refusal or a failed job
 * ├── TimeoutError              no answer in time, or a job that did not end in time
 * ├── NetworkError              no answer at all
 * ├── AbortedError              the caller's signal
 * └── WebhookVerificationError  a webhook that is not to be trusted
 * ```
 */
export class WokGenError extends Error {
  override readonly name: string = "WokGenError";
  /** The job this is about, where one is known: it may go on without us, and can be waited for again. */
  jobId: string | null = null;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
  }
}
