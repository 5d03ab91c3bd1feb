/** Marks our errors across copies of this module: a page or process may load it both as ESM and as CommonJS. */
const BRAND: unique symbol = Symbol.for("@wokspec/sdk error");

/** The code of a response that the API did not write, but something in between, such as a proxy. */
export const FOREIGN_CODE = "http_error";

/**
 * The base of every error of this client.
 *
 * ```
 * WokGenError
 * ├── ApiError                  the API refused the request, or the job failed
 * ├── TimeoutError              no response in time, or the job did not end in time
 * ├── NetworkError              no response at all
 * ├── AbortedError              the caller's signal was aborted
 * ├── WebhookVerificationError  the webhook cannot be trusted
 * └── ReceiptVerificationError  the receipt is not what the deployment signed
 * ```
 */
export class WokGenError extends Error {
  override readonly name: string = "WokGenError";
  /** The job that the error is about, if it is known. The job may continue; `waitFor` can wait for it again. */
  jobId: string | null = null;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** The fields of an ApiError. */
export interface ApiErrorDetails {
  status: number;
  code: string;
  message: string;
  requestId?: string | null;
  retryAfterMs?: number | null;
}

/** The API refused the request, or the job failed. A failed job is refunded. */
export class ApiError extends WokGenError {
  override readonly name = "ApiError";
  /** HTTP status. A job that failed has 502, whether its call waited for it or not. */
  readonly status: number;
  /** A stable code for programs: `QUOTA_EXCEEDED` in the WokGen API, `insufficient_balance` under `client.wowflow`. */
  readonly code: string;
  /** The request's id in the gateway's log; null if the response had none. */
  readonly requestId: string | null;
  /** The time to wait before the next attempt, in milliseconds; null if the API did not name one. */
  readonly retryAfterMs: number | null;

  constructor(details: ApiErrorDetails) {
    super(details.message);
    this.status = details.status;
    this.code = details.code;
    this.requestId = details.requestId ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/** No response within `timeoutMs`, or a job that did not end within it. */
export class TimeoutError extends WokGenError {
  override readonly name = "TimeoutError";
  /** The limit that was exceeded, in milliseconds. */
  readonly timeoutMs: number;

  constructor(message: string, timeoutMs: number) {
    super(message);
    this.timeoutMs = timeoutMs;
  }
}

/** The request got no response: the connection failed or broke. `cause` is the error that `fetch` threw. */
export class NetworkError extends WokGenError {
  override readonly name = "NetworkError";
}

/** The caller's `signal` was aborted; `cause` is its reason. An accepted job continues: see `cancelJob`. */
export class AbortedError extends WokGenError {
  override readonly name = "AbortedError";

  constructor(signal: AbortSignal) {
    super("The call was aborted by its signal.", { cause: signal.reason });
  }
}

/** A webhook that is not signed with the secret, is too old, or is incomplete. Respond with 400. */
export class WebhookVerificationError extends WokGenError {
  override readonly name = "WebhookVerificationError";
}

/** A receipt that differs from what the deployment signed. */
export class ReceiptVerificationError extends WokGenError {
  override readonly name = "ReceiptVerificationError";
}

/** Return whether this client threw the error. Unlike `instanceof`, the guards also know errors of another copy. */
export function isWokGenError(error: unknown): error is WokGenError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** Return whether the API refused the request, or the job failed. */
export function isApiError(error: unknown): error is ApiError {
  return isWokGenError(error) && error.name === "ApiError";
}

/** Return whether a time limit was exceeded. */
export function isTimeoutError(error: unknown): error is TimeoutError {
  return isWokGenError(error) && error.name === "TimeoutError";
}

/** Return whether there was no response at all. */
export function isNetworkError(error: unknown): error is NetworkError {
  return isWokGenError(error) && error.name === "NetworkError";
}

/** Return whether the caller's signal ended the call. */
export function isAbortedError(error: unknown): error is AbortedError {
  return isWokGenError(error) && error.name === "AbortedError";
}

/** Return whether a webhook failed verification. */
export function isWebhookVerificationError(error: unknown): error is WebhookVerificationError {
  return isWokGenError(error) && error.name === "WebhookVerificationError";
}

/** Return whether a receipt failed verification. */
export function isReceiptVerificationError(error: unknown): error is ReceiptVerificationError {
  return isWokGenError(error) && error.name === "ReceiptVerificationError";
}
