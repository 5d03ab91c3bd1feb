import { FOREIGN_CODE } from "../errors/api-error.ts";
import { isApiError, isNetworkError, isTimeoutError } from "../errors/guards.ts";

const TRANSIENT_STATUSES: readonly number[] = [408, 429, 500, 503, 504];

/**
 * Whether the same request may do better later. 502 from the API itself is a provider's definite refusal; one that
 * something in between made says only that the API was not reached.
 */
export function isTransient(error: unknown): boolean {
  if (isNetworkError(error) || isTimeoutError(error)) return true;
  if (!isApiError(error)) return false;
  return TRANSIENT_STATUSES.includes(error.status) || (error.status === 502 && error.code === FOREIGN_CODE);
}

/** Whether the request was certainly not carried out, so that even a call that must not run twice may be repeated. */
export function isUntouched(error: unknown): boolean {
  return isApiError(error) && error.status === 429;
}
