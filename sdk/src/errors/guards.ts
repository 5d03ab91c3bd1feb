import type { AbortedError } from "./aborted-error.ts";
import type { ApiError } from "./api-error.ts";
import type { NetworkError } from "./network-error.ts";
import type { TimeoutError } from "./timeout-error.ts";
import type { WebhookVerificationError } from "./webhook-verification-error.ts";
import { BRAND, type WokGenError } from "./wokgen-error.ts";

/** Whether this client threw it. The guards also know errors of another copy of this module, which `instanceof` does not. */
export function isWokGenError(error: unknown): error is WokGenError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** Whether the API refused, or a job failed. */
export function isApiError(error: unknown): error is ApiError {
  return isWokGenError(error) && error.name === "ApiError";
}

/** Whether a time limit was passed. */
export function isTimeoutError(error: unknown): error is TimeoutError {
  return isWokGenError(error) && error.name === "TimeoutError";
}

/** Whether there was no answer at all. */
export function isNetworkError(error: unknown): error is NetworkError {
  return isWokGenError(error) && error.name === "NetworkError";
}

/** Whether the caller's signal ended it. */
export function isAbortedError(error: unknown): error is AbortedError {
  return isWokGenError(error) && error.name === "AbortedError";
}

/** Whether a webhook is not to be trusted. */
export function isWebhookVerificationError(error: unknown): error is WebhookVerificationError {
  return isWokGenError(error) && error.name === "WebhookVerificationError";
}
