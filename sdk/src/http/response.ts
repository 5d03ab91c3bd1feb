import { ApiError, FOREIGN_CODE } from "../errors.ts";
import { parseRetryAfterMs } from "./retry.ts";

const MESSAGE_CHARS_MAX = 500;

type Fields = Record<string, unknown>;

/** A 2xx response. `value` is its JSON object; undefined for 204. */
export interface ApiResponse<Value> {
  status: number;
  value: Value;
}

/** Parse a response. Throws ApiError unless the status is 2xx with a JSON object, or 204. */
export function parseResponse<Value>(response: Response, text: string): ApiResponse<Value> {
  const { ok, status } = response;
  if (status === 204) return { status, value: undefined as Value };
  const value = parseObject(text);
  if (ok && value !== null) return { status, value: value as Value };
  throw toApiError(response, ok ? null : value, text);
}

function toApiError(response: Response, body: Fields | null, text: string): ApiError {
  const { code, message } = parseError(body);
  // Prefer the API's clock, because the local one may be wrong.
  const nowMs = Date.parse(response.headers.get("date") ?? "") || Date.now();
  const excerpt = text.replace(/\s+/g, " ").slice(0, MESSAGE_CHARS_MAX);
  const error = new ApiError({
    status: response.status,
    code: code ?? FOREIGN_CODE,
    message: message ?? `HTTP ${response.status} that is not from the API: ${excerpt || "(empty)"}`,
    requestId: response.headers.get("x-request-id"),
    retryAfterMs: parseRetryAfterMs(response.headers.get("retry-after"), nowMs),
  });
  if (typeof body?.["jobId"] === "string") error.jobId = body["jobId"];
  return error;
}

/** Return code and message of either API: `{error: message, code}` or `{error: {code, message}}`. */
function parseError(body: Fields | null): { code?: string; message?: string } {
  const error = body?.["error"];
  const { code, message } = isObject(error) ? error : { code: body?.["code"], message: error };
  return typeof code === "string" && typeof message === "string" ? { code, message } : {};
}

function parseObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
