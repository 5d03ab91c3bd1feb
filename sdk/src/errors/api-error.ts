import { WokGenError } from "./wokgen-error.ts";

/** The code of an answer that is not in the API's own shape: it comes from something in between, such as a proxy. */
export const FOREIGN_CODE = "http_error";

/** What an ApiError is made of. */
export interface ApiErrorDetails {
  status: number;
  code: string;
  message: string;
  requestId?: string | null;
  retryAfterMs?: number | null;
}

/** The API refused, or a job failed. Nothing stays charged for what failed. */
export class ApiError extends WokGenError {
  override readonly name = "ApiError";
  /** HTTP status. A job that is found to have failed has 502, as if its call had waited for it. */
  readonly status: number;
  /** Stable and for programs: `QUOTA_EXCEEDED` in the WokGen API, `insufficient_balance` under `client.wowflow`. */
  readonly code: string;
  /** Names the request in the gateway's log; null if the answer did not say. */
  readonly requestId: string | null;
  /** How long the API asked to wait before the next try; null if it did not. */
  readonly retryAfterMs: number | null;

  constructor(details: ApiErrorDetails) {
    super(details.message);
    this.status = details.status;
    this.code = details.code;
    this.requestId = details.requestId ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}
