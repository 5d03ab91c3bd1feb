import { ApiError, FOREIGN_CODE } from "../errors/api-error.ts";
import { parseRetryAfterMs } from "./retry-timing.ts";

const MESSAGE_CHARS_MAX = 500;

type Fields = Record<string, unknown>;

/** An answer of 2xx. `value` is its JSON object; undefined for 204. */
export interface Answer<Value> {
  status: number;
  value: Value;
}

/** Reads an answer. Throws ApiError for everything but 2xx, and for 2xx without a JSON object. */
export function readAnswer<Value>(response: Response, text: string): Answer<Value> {
  const { ok, status } = response;
  if (status === 204) return { status, value: undefined as Value };
  const value = objectIn(text);
  if (ok && value !== null) return { status, value: value as Value };
  throw refusal(response, ok ? null : value, text);
}

function refusal(response: Response, body: Fields | null, text: string): ApiError {
  const told = toldBy(body);
  // Measured on the API's clock where it tells it: ours may be wrong.
  const nowMs = Date.parse(response.headers.get("date") ?? "") || Date.now();
  const excerpt = text.replace(/\s+/g, " ").slice(0, MESSAGE_CHARS_MAX);
  const error = new ApiError({
    status: response.status,
    code: told.code ?? FOREIGN_CODE,
    message: told.message ?? `HTTP ${response.status} that is not the API's: ${excerpt || "(empty)"}`,
    requestId: response.headers.get("x-request-id"),
    retryAfterMs: parseRetryAfterMs(response.headers.get("retry-after"), nowMs),
  });
  if (typeof body?.["jobId"] === "string") error.jobId = body["jobId"];
  return error;
}

/** Code and message of either API: `{error: message, code}` or `{error: {code, message}}`. */
function toldBy(body: Fields | null): { code?: string; message?: string } {
  const error = body?.["error"];
  const { code, message } = isObject(error) ? error : { code: body?.["code"], message: error };
  return typeof code === "string" && typeof message === "string" ? { code, message } : {};
}

function objectIn(text: string): Fields | null {
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
