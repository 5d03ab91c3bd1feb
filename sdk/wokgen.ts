/**
 * @wokspec/sdk in one file: a client of the WokGen and WOWFLOW APIs for Node 20+, Deno and browsers.
 * Generated from sdk/src by scripts/bundle.mjs; do not edit. The class WokGenClient is near the end.
 */

// options.ts

/** Options of a client. */
export interface ClientOptions {
  /** `wok_...` or `wf_live_...`, from /account/api-keys. Without a key you are a guest: 10 generations a day, no `wowflow`. */
  apiKey?: string | undefined;
  /** The URL of the API, such as `https://gateway.example/api`. Required, except in a file that a gateway served. */
  baseUrl?: string | undefined;
  /** The longest wait for one response. Default: 90 000 for calls that wait for a result, 30 000 for the others. */
  timeoutMs?: number | undefined;
  /** How many times a call is retried after a failure that may be temporary, 0 to 10. Default: 2. */
  retries?: number | undefined;
  /** Replaces the global `fetch`, for example with one that uses a proxy. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** Options of a single call. */
export interface CallOptions {
  /** Ends the call with an AbortedError. An accepted job continues. */
  signal?: AbortSignal | undefined;
  /** The longest wait for one response of this call; see ClientOptions. */
  timeoutMs?: number | undefined;
  /** How many times this call is retried; see ClientOptions. */
  retries?: number | undefined;
  /**
   * Identifies the call, 1 to 255 printable characters. The same key and body, sent again within 24 hours by any process,
   * return the first result and charge nothing. Default: a new key for each call, which its retries share.
   */
  idempotencyKey?: string | undefined;
}

/** Options for waiting until a job has ended. */
export interface WaitOptions<Seen> {
  /** Called with each state of the job, including the last one. */
  onProgress?: ((job: Seen) => void) | undefined;
  /** The longest wait for the job to end. Default: 600 000, ten minutes. */
  timeoutMs?: number | undefined;
  /** The delay before the second poll. It grows by half with each poll, up to 5 s. Default: 1 000. */
  intervalMs?: number | undefined;
  /** Ends the wait with an AbortedError. The job continues. */
  signal?: AbortSignal | undefined;
}

/** Options of a generating call: those of the call, and those of the wait if the job outlasts the response. */
export interface MakeOptions<Seen> extends CallOptions {
  /** Called with each state of the job if the response came before its result. */
  onProgress?: ((job: Seen) => void) | undefined;
  /** The longest wait for the job after the response. Default: 600 000, ten minutes. */
  waitTimeoutMs?: number | undefined;
}

/** The grouping and the filters of usage. */
export interface UsageFilters {
  /** The value that each sum is about. Default: `day`. */
  by?: "day" | "model" | "kind" | "provider" | "key";
  /** From this time on: a day in UTC, or RFC 3339. */
  from?: string;
  /** Before this time. */
  to?: string;
  /** Generations by this model. */
  model?: string;
  /** Generations of this kind. */
  type?: string;
  /** Generations that this API key ordered: its id. */
  key?: string;
  /** Usage of this provider. */
  provider?: string;
}

/** Options of a list. */
export interface ListOptions {
  /** How many entries at most, newest first: 1 to 200. Default: 50. */
  limit?: number | undefined;
}

// config.ts

// Empty in the npm package. A gateway fills in its own URL when it serves this client as one file.
const BASE_URL_DEFAULT: string = "";
/** The longest delay that timers support. A longer one would fire at once. */
const TIMEOUT_MS_MAX = 2_147_483_647;
const RETRIES_MAX = 10;
const RETRIES_DEFAULT = 2;

/** The base URLs of a deployment's two APIs, without a slash at the end. */
interface BaseUrls {
  wokgen: string;
  wowflow: string;
}

/** A client's options after validation. */
interface Config {
  baseUrls: BaseUrls;
  authorization: string | null;
  timeoutMs: number | undefined;
  retries: number;
  fetch: typeof globalThis.fetch;
}

/** Validate a client's options and fill in defaults. Throws TypeError or RangeError that names the option. */
function configure(options: ClientOptions): Config {
  return {
    baseUrls: parseBaseUrl(requireBaseUrl(options.baseUrl)),
    authorization: options.apiKey === undefined ? null : `Bearer ${validateApiKey(options.apiKey)}`,
    timeoutMs: validateTimeoutMs(options.timeoutMs, "timeoutMs"),
    retries: validateRetries(options.retries) ?? RETRIES_DEFAULT,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  };
}

/** Return the base URL, or the default of a served file. Throws TypeError without one: a key goes to no unknown host. */
function requireBaseUrl(baseUrl: string | undefined): string {
  const chosen = baseUrl ?? BASE_URL_DEFAULT;
  if (chosen === "") {
    throw new TypeError("baseUrl is required: the URL of your gateway, such as https://gateway.example.");
  }
  return chosen;
}

/** Return both base URLs, given either of them or a bare host. Throws TypeError if it is not an http or https URL. */
function parseBaseUrl(baseUrl: string): BaseUrls {
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch {
    throw new TypeError(`baseUrl must be a URL, not ${JSON.stringify(baseUrl)}.`);
  }
  if (!/^https?:$/.test(url.protocol)) throw new TypeError(`baseUrl must start with http:// or https://: ${baseUrl}`);
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError("baseUrl must not have a user name, query or fragment.");
  }
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "");
  const wokgen = url.origin + (path || "/api");
  return { wokgen, wowflow: `${wokgen}/v1` };
}

/** Return a time limit that timers support, or undefined. Throws RangeError. */
function validateTimeoutMs(timeoutMs: number | undefined, name: string): number | undefined {
  if (timeoutMs === undefined || (timeoutMs > 0 && timeoutMs <= TIMEOUT_MS_MAX)) return timeoutMs;
  throw new RangeError(`${name} must be greater than 0 and at most ${TIMEOUT_MS_MAX}, not ${timeoutMs}.`);
}

/** Return a number of retries, or undefined. Throws RangeError. */
function validateRetries(retries: number | undefined): number | undefined {
  if (retries === undefined || (Number.isInteger(retries) && retries >= 0 && retries <= RETRIES_MAX)) return retries;
  throw new RangeError(`retries must be a whole number from 0 to ${RETRIES_MAX}, not ${retries}.`);
}

// When `fetch` cannot send a header, its error quotes the header. A key with a line break would end up in a log.
function validateApiKey(apiKey: string): string {
  const key = apiKey.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new TypeError("apiKey is empty or has invalid characters. Leave it out to call as a guest.");
}

// http/request.ts

const TIMEOUT_MS_DEFAULT = 30_000;
/** The gateway holds the response to a waiting call for up to 55 s, or as long as it is set to. */
const TIMEOUT_MS_WAITING = 90_000;

/** One call of either API. */
interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  url: string;
  /** Sent as JSON. Every attempt sends the same bytes, because the gateway compares them under an Idempotency-Key. */
  body?: object;
  /** Seconds for `Prefer: wait=N`. */
  waitS?: number | undefined;
  /** Whether the gateway may hold the response until the job has ended. */
  waits?: boolean;
  /** False for a call that must not run twice and does not support an Idempotency-Key. */
  repeatable?: boolean;
}

/** One HTTP request, ready to be sent as often as needed. */
interface PreparedRequest {
  url: string;
  method: string;
  headers: Headers;
  body: string | Blob | null;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** Return the HTTP request of a call. */
function prepare(config: Config, call: Call, options: CallOptions): PreparedRequest {
  const headers = new Headers({ Accept: "application/json" });
  if (config.authorization !== null) headers.set("Authorization", config.authorization);
  if (call.body !== undefined) headers.set("Content-Type", "application/json");
  if (call.waitS !== undefined) headers.set("Prefer", `wait=${call.waitS}`);
  if (call.method === "POST") headers.set("Idempotency-Key", options.idempotencyKey ?? createIdempotencyKey());
  const defaultMs = call.waits ? TIMEOUT_MS_WAITING : TIMEOUT_MS_DEFAULT;
  return {
    url: call.url,
    method: call.method,
    headers,
    body: call.body === undefined ? null : JSON.stringify(call.body),
    timeoutMs: validateTimeoutMs(options.timeoutMs, "timeoutMs") ?? config.timeoutMs ?? defaultMs,
    signal: options.signal,
  };
}

/** Encode an id as a URL segment. Throws TypeError for a value that would change the path, such as undefined or `..`. */
function encodeId(id: string): string {
  if (typeof id === "string" && /[^.]/.test(id)) return encodeURIComponent(id);
  throw new TypeError(`The id must be a non-empty string, not ${JSON.stringify(id)}.`);
}

/** Return the `?limit=` query of a list; empty without a limit. */
function limitQuery(limit: number | undefined): string {
  return limit === undefined ? "" : `?limit=${encodeURIComponent(limit)}`;
}

// `crypto.randomUUID` is missing on pages that were not loaded over https.
function createIdempotencyKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// errors.ts

/** Marks our errors across copies of this module: a page or process may load it both as ESM and as CommonJS. */
const BRAND: unique symbol = Symbol.for("@wokspec/sdk error");

/** The code of a response that the API did not write, but something in between, such as a proxy. */
const FOREIGN_CODE = "http_error";

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
interface ApiErrorDetails {
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

// http/retry.ts

/** The longest wait before another attempt. A longer Retry-After, such as that of a daily quota, ends the retries. */
const RETRY_WAIT_MS_MAX = 60_000;

const BACKOFF_MS_FIRST = 500;
const BACKOFF_MS_MAX = 8_000;
const TRANSIENT_STATUSES: readonly number[] = [408, 429, 500, 503, 504];

/**
 * Return the delay after attempt number `attempt` (from 1) has failed; null if it would be longer than the maximum.
 * `retryAfterMs` is the API's Retry-After. `random` is in [0, 1) and spreads out clients that failed together.
 */
function retryDelayMs(attempt: number, random: number, retryAfterMs: number | null): number | null {
  if (retryAfterMs !== null && retryAfterMs > RETRY_WAIT_MS_MAX) return null;
  if (retryAfterMs !== null && retryAfterMs > 0) return retryAfterMs * (1 + random / 10);
  return Math.min(BACKOFF_MS_FIRST * 2 ** (attempt - 1), BACKOFF_MS_MAX) * (0.5 + random / 2);
}

/** Parse a Retry-After header, in seconds or as a date after `nowMs`, to milliseconds; null if it is unusable. */
function parseRetryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const value = header.trim();
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1_000;
  const dueMs = /[a-z]/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(dueMs) ? null : Math.max(dueMs - nowMs, 0);
}

/**
 * Return whether the same request may succeed later. A 502 from the API is a provider's definite refusal. A 502 from
 * something in between only means that the API was not reached.
 */
function isTransient(error: unknown): boolean {
  if (isNetworkError(error) || isTimeoutError(error)) return true;
  if (!isApiError(error)) return false;
  return TRANSIENT_STATUSES.includes(error.status) || (error.status === 502 && error.code === FOREIGN_CODE);
}

/** Return whether the request was certainly not processed. Then a call that must not run twice may be repeated too. */
function isUnprocessed(error: unknown): boolean {
  return isApiError(error) && error.status === 429;
}

// http/response.ts

const MESSAGE_CHARS_MAX = 500;

type Fields = Record<string, unknown>;

/** A 2xx response. `value` is its JSON object; undefined for 204. */
interface ApiResponse<Value> {
  status: number;
  value: Value;
}

/** Parse a response. Throws ApiError unless the status is 2xx with a JSON object, or 204. */
function parseResponse<Value>(response: Response, text: string): ApiResponse<Value> {
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

// http/attempt.ts

/** Send a request once and read the whole response. Throws a WokGenError. */
async function sendOnce<Value>(
  fetch: typeof globalThis.fetch,
  request: PreparedRequest,
): Promise<ApiResponse<Value>> {
  const { url, method, headers, body, timeoutMs, signal } = request;
  if (signal?.aborted) throw new AbortedError(signal);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  let response: Response;
  let text: string;
  try {
    // Not "error", which some runtimes refuse (Cloudflare Workers).
    response = await fetch(url, { method, headers, body, signal: controller.signal, redirect: "manual" });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw new AbortedError(signal);
    if (controller.signal.aborted) {
      throw new TimeoutError(`No response to ${method} ${url} in ${timeoutMs} ms.`, timeoutMs);
    }
    throw new NetworkError(`No response to ${method} ${url}.`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
  if (isRedirect(response)) {
    throw new NetworkError(`${method} ${url} was redirected. Set baseUrl to the final address.`);
  }
  // A bucket that takes a file has its own response, or none.
  if (method === "PUT" && response.ok) return { status: response.status, value: undefined as Value };
  return parseResponse<Value>(response, text);
}

/** Return whether a response sends us elsewhere. Browsers hide the status and the address. */
function isRedirect({ type, status }: Response): boolean {
  return type === "opaqueredirect" || (status >= 300 && status < 400);
}

// http/sleep.ts

/** Wait for `delayMs`. Throws AbortedError as soon as `signal` is aborted. */
function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
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

// http/send.ts

/** Send a call, and retry it after failures that may be temporary. Throws the last failure. */
function send<Value>(config: Config, call: Call, options: CallOptions = {}): Promise<ApiResponse<Value>> {
  const isRetryable = call.repeatable === false ? isUnprocessed : isTransient;
  return retry(config, prepare(config, call, options), options, isRetryable);
}

/** Send a request, and again after failures that are retryable. Throws the last failure. */
async function retry<Value>(
  config: Config,
  request: PreparedRequest,
  options: CallOptions,
  isRetryable: (error: unknown) => boolean = isTransient,
): Promise<ApiResponse<Value>> {
  const retries = validateRetries(options.retries) ?? config.retries;
  for (let attempt = 1;; attempt += 1) {
    try {
      return await sendOnce<Value>(config.fetch, request);
    } catch (error) {
      if (attempt > retries || !isRetryable(error)) throw error;
      const delayMs = retryDelayMs(attempt, Math.random(), isApiError(error) ? error.retryAfterMs : null);
      if (delayMs === null) throw error;
      await sleep(delayMs, options.signal);
    }
  }
}

// schema.ts

// sha256:09138639c92eb6c205384d3e0e7a494c68df99422a4c113b3bf4d4a17d7a4fd8
/** The JSON of the API and its webhooks. Generated from the gateway's OpenAPI document by scripts/schema.mjs. */
interface Schemas {
  /** An account, and its low-balance alert. */
  AccountEntry: {
    /** The account's id. */
    id: string;
    /** The owner's name. */
    name: string;
    /** The plan: how much the account can run at once, and in a day. */
    plan: string;
    /** `suspended`: orders are refused. */
    state: "active" | "suspended" | "closed";
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The low-balance threshold. 0: no alert. */
    low_balance_cents: number;
    /** The caps of all its orders together. Null: none. */
    spend_caps?: Schemas["SpendCapsBody"] | null;
  };
  /** An attempt to post. Without a response `status` is null and `error` has the reason. */
  AttemptEntry: {
    /** When it was posted. RFC 3339, UTC, milliseconds. */
    at: string;
    /** How long it took, in milliseconds. */
    duration_ms: number;
    /** The HTTP status of the response. Null without a response. 100 to 999. */
    status: number | null;
    /** The reason for a missing response. */
    error: string | null;
    /** The first characters of the response's body. */
    answer: string | null;
  };
  /** GET /api/v1/balance: balance_cents = total_topup_cents - total_spent_cents, always. */
  Balance: {
    /** The balance you can spend, always `total_topup_cents - total_spent_cents`. It is negative after a dispute of a payment whose money was spent: orders are refused then. */
    balance_cents: number;
    /** `balance_cents` in dollars, for display. */
    balance_usd: number;
    /** All top-ups, less what refunds and disputes of payments took back. */
    total_topup_cents: number;
    /** All charges minus all refunds, rounded up. A generation counts as soon as it is accepted. */
    total_spent_cents: number;
    /** The exact balance, in millionths of a dollar. */
    balance_micros: number;
    /** The exact sum of all top-ups. */
    total_topup_micros: number;
    /** The exact sum of all charges minus all refunds. */
    total_spent_micros: number;
    /** Always USD. */
    currency: "USD";
  };
  /** A charge took the balance below the threshold. Posted once, until a top-up raises the balance above it. */
  BalanceLow: {
    /** The type of the event, the same as `type`. */
    event: "balance.low";
    /** When it happened. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The type of the event. */
    type: "balance.low";
    /** The event's id, as in the header `webhook-id`. */
    id: string;
    /** The balance. */
    balanceCents: number;
    /** The threshold that the balance fell below. */
    thresholdCents: number;
    /** The exact balance, in millionths of a dollar. */
    balanceMicros: number;
  };
  /** Body of PATCH /api/v1/account. Fields that are left out stay. */
  ChangeAccount: {
    /** The low-balance threshold. 0: no alert. 0 to 100000000. */
    low_balance_cents?: number;
    /** The caps of all its orders together. Null: none. */
    spend_caps?: Schemas["SpendCapsBody"] | null;
    /** Whether these caps begin to count from zero. */
    reset_spent?: boolean;
  };
  /** A message of a conversation. */
  ChatMessage: {
    /** The author. */
    role: "assistant" | "system" | "user";
    /** Its text. */
    content: string;
  };
  /** Body of POST /api/v1/webhooks. No `events` means all. */
  CreateEndpoint: {
    /** The URL to post events to: public, https, without user name and fragment, on port 80, 443 or from 1024. */
    url: string;
    /** The events to post. All, if empty or left out. */
    events?: (
      | "generation.completed"
      | "generation.failed"
      | "balance.low"
      | "endpoint.disabled"
      | "key.created"
      | "key.changed"
      | "key.rotated"
      | "key.revoked"
      | "endpoint.created"
      | "endpoint.deleted"
      | "endpoint.enabled"
      | "endpoint.rotated"
    )[];
  };
  /** Body of POST /api/v1/generations. Any other field is refused, because it would have no effect. */
  CreateGeneration: {
    /**
     * The id of a model from `GET /api/v1/models`.
     * @example local/artist
     * @example local/film
     * @example local/writer
     * @example local/enhancer
     * @example local/voice
     * @example local/band
     * @example local/enlarger
     * @example local/eye
     * @example local/refuse
     * @example local/slow
     * @example black-forest-labs/flux-schnell
     * @example pollinations/flux
     * @example luma/photon-flash-1
     * @example luma/photon-1
     * @example tongyi/z-image
     * @example google/nano-banana
     * @example qwen/qwen-image
     * @example google/nano-banana-2-lite
     * @example xai/grok-imagine-image
     * @example xai/grok-imagine-image-2
     * @example google/nano-banana-2.1
     * @example bytedance/seedream-4
     * @example bytedance/seedream-4.5
     * @example bytedance/seedream-5-lite
     * @example stability/core
     * @example black-forest-labs/flux-2-pro
     * @example bytedance/seedream-5-pro
     * @example qwen/qwen-image-2
     * @example qwen/qwen-image-3-pro
     * @example ideogram/v3
     * @example black-forest-labs/flux-dev
     * @example stability/sd3.5-medium
     * @example stability/sd3.5-large-turbo
     * @example stability/sd3.5-large
     * @example openai/gpt-image-2.5-flare
     * @example openai/gpt-image-2.5-sunburst
     * @example openai/gpt-image-1.5
     * @example luma/uni-1
     * @example google/nano-banana-2
     * @example google/nano-banana-2-pro-1k
     * @example black-forest-labs/flux-2-flex
     * @example alibaba/wan-2.7-image
     * @example alibaba/wan-2.7-image-pro
     * @example openai/gpt-image-2
     * @example openai/gpt-image-2-by-kie
     * @example openai/gpt-image-2-transparent
     * @example stability/ultra
     * @example google/nano-banana-pro
     * @example luma/uni-1-max
     * @example google/nano-banana-edit
     * @example black-forest-labs/flux-kontext-pro
     * @example black-forest-labs/flux-kontext-pro-by-kie
     * @example black-forest-labs/flux-kontext-max
     * @example qwen/qwen-image-edit
     * @example qwen/qwen-image-2-edit
     * @example openai/gpt-image-2-edit
     * @example runway/seedream-5-flash
     * @example runway/gen4-image-720p
     * @example runway/gen4-image-turbo
     * @example runway/gemini-2.5-flash
     * @example runway/gemini-3.1-flash-lite
     * @example runway/gemini-3.1-flash
     * @example runway/nano-banana-2.1
     * @example runway/gemini-3-pro
     * @example runway/gpt-image-2
     * @example runway/gpt-image-2.5-flare
     * @example runway/gpt-image-2.5-sunburst
     * @example runway/seedream-5-lite
     * @example runway/seedream-5-pro
     * @example runway/grok-imagine-image-2
     * @example runway/muse-image
     * @example runway/ideogram-4
     * @example runway/ideogram-4.5
     * @example runway/recraft-4.1-flash
     * @example runway/recraft-4.1-vector
     * @example runway/bria-fibo-1.5
     * @example nightmareai/real-esrgan
     * @example fal/aura-sr
     * @example stability/fast-upscale
     * @example recraft/crisp-upscale
     * @example topaz/image-upscale
     * @example stability/conservative-upscale
     * @example stability/creative-upscale
     * @example runway/magnific-precision-2
     * @example recraft/remove-background
     * @example bria/remove-background
     * @example fal/birefnet
     * @example bytedance/seedance-1.5-pro
     * @example bytedance/seedance-2-mini
     * @example bytedance/seedance-2-fast
     * @example bytedance/seedance-2
     * @example bytedance/seedance-2.5
     * @example alibaba/wan-2.6
     * @example alibaba/wan-2.7
     * @example alibaba/wan-3.0
     * @example alibaba/wan-3.0-prime
     * @example alibaba/happyhorse-1.0
     * @example alibaba/happyhorse-1.1
     * @example kwaivgi/kling-2.5-turbo
     * @example kwaivgi/kling-2.5-turbo-image
     * @example kwaivgi/kling-2.6
     * @example kwaivgi/kling-3.0
     * @example kwaivgi/kling-3.0-omni
     * @example kwaivgi/kling-3.0-turbo
     * @example minimax/hailuo-02
     * @example minimax/hailuo-02-pro
     * @example minimax/hailuo-2.3-standard
     * @example minimax/hailuo-2.3-pro
     * @example minimax/h3
     * @example google/veo-3.1-lite
     * @example google/veo-3.1-fast
     * @example google/veo-3.1-quality
     * @example google/gemini-omni-flash-1.1
     * @example xai/grok-imagine-video
     * @example xai/grok-imagine-video-1.5
     * @example pixverse/v6
     * @example luma/ray-flash-2
     * @example luma/ray-2
     * @example luma/ray-3.2
     * @example runway/grok-imagine-1.5-lite
     * @example runway/gen-4-turbo
     * @example runway/gen-4.5
     * @example runway/veo-3.1-fast
     * @example runway/veo-3.1
     * @example runway/seedance-2-mini
     * @example runway/seedance-2-fast
     * @example runway/seedance-2
     * @example runway/seedance-2.5
     * @example runway/kling-2.5-turbo
     * @example runway/kling-3.0-standard
     * @example runway/kling-3.0-pro
     * @example runway/kling-3.0-4k
     * @example runway/kling-3.0-omni-standard
     * @example runway/kling-3.0-omni-pro
     * @example runway/kling-3.0-omni-4k
     * @example runway/kling-4
     * @example runway/wan-3.0
     * @example runway/wan-3.0-prime
     * @example runway/happyhorse-1.0
     * @example runway/gemini-omni-flash
     * @example runway/gemini-omni-flash-1.1
     * @example runway/hailuo-3
     * @example runway/h3-max
     * @example runway/grok-imagine-1.5
     * @example kwaivgi/kling-avatar
     * @example kwaivgi/kling-avatar-pro
     * @example kwaivgi/kling-avatar-2
     * @example kwaivgi/kling-avatar-2-pro
     * @example meigen/infinitalk
     * @example topaz/video-upscale
     * @example kwaivgi/kling-2.6-motion-control
     * @example alibaba/wan-2.7-frames
     * @example alibaba/wan-2.7-references
     * @example alibaba/wan-2.7-edit
     * @example elevenlabs/gemini-2.5-flash-image
     * @example elevenlabs/gemini-3.1-flash-lite-image
     * @example elevenlabs/gemini-3.1-flash-image
     * @example elevenlabs/gemini-3-pro-image
     * @example elevenlabs/gpt-image-2
     * @example elevenlabs/gpt-image-2.5-flare
     * @example elevenlabs/gpt-image-2.5-sunburst
     * @example elevenlabs/seedream-5-lite
     * @example elevenlabs/seedream-5-pro
     * @example elevenlabs/seedance-2-mini
     * @example google/veo-3.1
     * @example elevenlabs/veo-3.1-fast
     * @example elevenlabs/seedance-2
     * @example elevenlabs/seedance-2-fast
     * @example elevenlabs/seedance-2.5
     * @example hexgrad/kokoro
     * @example openai/gpt-4o-mini-tts
     * @example pollinations/voice
     * @example elevenlabs/turbo-2.5-by-kie
     * @example elevenlabs/multilingual-2-by-kie
     * @example elevenlabs/flash-2.5
     * @example elevenlabs/multilingual-2
     * @example elevenlabs/v3
     * @example elevenlabs/v4
     * @example runway/multilingual-2
     * @example runway/eleven-3
     * @example runway/eleven-4
     * @example runway/seed-audio
     * @example meta/musicgen
     * @example suno/v5
     * @example suno/v5.5
     * @example stability/stable-audio-2.5
     * @example elevenlabs/music-2.5
     * @example elevenlabs/sound-effects-2-by-kie
     * @example elevenlabs/sound-effects-2
     * @example runway/sound-effects-2
     * @example runway/mirelo-sfx-2
     * @example openai/gpt-oss-120b
     * @example meta/llama-3.3-70b
     * @example pollinations/openai
     * @example openai/gpt-5.4-nano
     * @example openai/gpt-5.4-mini
     * @example openai/gpt-5.4
     * @example deepseek/deepseek-v3.2
     * @example moonshot/kimi-k2-thinking
     * @example qwen/qwen3-max
     * @example google/gemini-3-flash
     * @example anthropic/claude-haiku-4.5
     * @example anthropic/claude-sonnet-5
     * @example anthropic/claude-opus-4.8
     * @example own/text
     * @example openai/gpt-oss-120b-enhance
     * @example meta/llama-3.3-70b-enhance
     * @example openai/gpt-5.4-mini-enhance
     * @example anthropic/claude-haiku-4.5-enhance
     * @example own/enhance
     * @example openai/gpt-5.4-mini-interrogate
     * @example qwen/qwen3.8-27b-interrogate
     * @example qwen/qwen2.5-vl-7b-interrogate
     * @example pharmapsychotic/clip-interrogator
     */
    model: string;
    /** A description of the output to generate. */
    prompt: string;
    /** More parameters of the model. Each model lists its own. */
    input?: Schemas["Input"] | null;
    /**
     * Fields of the provider itself, under its own names: `native_fields` of a model lists them. Only routes that know them serve the request. An error names a field by its JSON pointer, such as `/native/duration`.
     * @example {
     *       "resolution": "2K"
     *     }
     */
    native?: {
      [key: string]: unknown;
    } | null;
    /** Refuse the request with `over_max_cost` if it could cost more. 0 to 100000000. */
    max_cost_cents?: number | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhook_url?: string | null;
  };
  /** Body of POST /api/v1/keys. A limit that is left out is that of the key of the request. */
  CreateKey: {
    /** The kind decides the prefix: `wf_live_` or `wok_`. */
    kind?: "wokgen" | "wowflow";
    /** A name for people. */
    name?: string;
    /** Calls that the key may make. `generate`: create and cancel generations, read them by id, and upload. `read`: lists, balance and usage. `webhooks`: endpoints. `manage`: keys and the account. Empty: all of it. */
    scopes?: ("generate" | "manage" | "read" | "webhooks")[];
    /** When the key stops working. RFC 3339. Null: never. */
    expires_at?: string | null;
    /** The models that the key may order. Empty: all. */
    models?: string[];
    /** The kinds that the key may order. Empty: all. */
    kinds?: ("enhance" | "image" | "interrogate" | "music" | "text" | "upscale" | "video" | "voice")[];
    /**
     * The addresses or networks that the key works from. Empty: all.
     * @example 192.0.2.0/24
     */
    ip_addresses?: string[];
    /** A budget of the key's own. Null: none. */
    spend_caps?: Schemas["SpendCapsBody"] | null;
  };
  /** A tree of an account's day. */
  DayTree: {
    /** The table of its leaves. */
    name: string;
    /** How many leaves it has. */
    size: number;
    /** Its root. */
    root: string;
  };
  /** The delivery of an event to an endpoint. `state` is pending, delivered or dead. */
  DeliveryEntry: {
    /** The delivery's id. */
    id: string;
    /** The event's id, as in the header `webhook-id`. */
    event: string;
    /**
     * The type of the event.
     * @example generation.completed
     */
    type: string;
    /** The generation that ended. Null for events of other types. */
    generation_id: string | null;
    /** The `webhook_url` of the order, if the event is posted there. */
    url?: string;
    /** `dead`: every attempt failed, and there are no more. */
    state: "pending" | "delivered" | "dead";
    /** When the event happened. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The attempts so far, oldest first. */
    attempts: Schemas["AttemptEntry"][];
  };
  /** Another endpoint of the account was disabled: it answered 410, or every attempt failed for five days. */
  EndpointDisabled: {
    /** The type of the event, the same as `type`. */
    event: "endpoint.disabled";
    /** When it happened. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The type of the event. */
    type: "endpoint.disabled";
    /** The event's id, as in the header `webhook-id`. */
    id: string;
    /** The disabled endpoint's id. */
    endpointId: string;
    /** The URL that its events were posted to. */
    url: string;
    /** The reason, for people. */
    reason: string;
    /** Since when every attempt has failed. RFC 3339, UTC, milliseconds. */
    failingSince: string;
  };
  /** An endpoint. Its secret is shown once, when it is created or replaced. */
  EndpointEntry: {
    /** The endpoint's id. */
    id: string;
    /** The URL that events are posted to. Empty for `ep_orders_...`: each order has its own `webhook_url`. */
    url: string;
    /** The events that are posted. */
    events: string[];
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The secret that signs events. Shown once, when it is created. */
    secret?: string;
    /** Until when events are signed with the old secret too. RFC 3339, UTC, milliseconds. */
    old_secret_until?: string;
    /** Since when every attempt has failed, if they do. RFC 3339, UTC, milliseconds. */
    failing_since?: string;
    /** When it was disabled, if it is. RFC 3339, UTC, milliseconds. */
    disabled_at?: string;
    /** The reason it was disabled. */
    disabled_why?: string;
  };
  /** Every input field of kind `enhance`; a catalogue entry names the fields of its model. */
  EnhanceInput: {
    /** The mode, such as `pixel`. A mode that the catalogue knows styles the prompt. */
    mode?: string | null;
    /** How many outputs to make. 1 to 5. */
    count?: number | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** Better prompts; `enhanced` is the first of `variations`. */
  EnhanceJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "enhance";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The improved prompt: the first of `variations`. */
    enhanced?: string;
    /** All improved prompts. */
    variations?: string[];
  };
  /** POST /api/prompt/enhance. */
  EnhanceRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** The prompt to improve. */
    prompt: string;
    /** The mode, such as `pixel`. A mode that the catalogue knows styles the prompt. */
    mode?: string | null;
    /** How many variations to return. 1 to 5. */
    count?: number | null;
    /** Any integer. The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** A generation is completed, and its result can be fetched. */
  GenerationCompleted: {
    /** The type of the event, the same as `type`. */
    event: "generation.completed";
    /** The type of the event. */
    type: "generation.completed";
    /** How it ended. */
    status: "completed";
    /** The generation's id in the camelCase API. */
    jobId: string;
    /** The first image. Null after a failure. */
    imageUrl?: string | null;
    /** The first video. Null after a failure. */
    videoUrl?: string | null;
    /** The first audio file. Null after a failure. */
    audioUrl?: string | null;
    /** The text. Null after a failure. */
    text?: string | null;
    /** The prompt as sent. */
    prompt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The generation's id. */
    id: string;
    /**
     * The kind of model.
     * @example image
     * @example video
     * @example text
     * @example voice
     * @example music
     * @example upscale
     * @example interrogate
     * @example enhance
     */
    kind: string;
    /** The id of the requested model. */
    model: string;
    /** The provider that served it. Null if there was none. */
    provider: string | null;
    /** All outputs. */
    urls: string[];
    /** The amount charged, rounded up to a cent. */
    costCents: number;
    /** The amount refunded, rounded up to a cent. */
    refundedCents: number;
    /** The exact amount charged, in millionths of a dollar. */
    costMicros: number;
    /** The exact amount refunded, in millionths of a dollar. */
    refundedMicros: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    completedAt: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** Present and true if the body was too long and was cut. Read the whole generation by `id`. */
    truncated?: true;
  };
  /** A generation. `status` is processing, completed or failed; `stage` says more while it is processing. */
  GenerationEntry: {
    /** The generation's id. */
    id: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The id of the requested model. */
    model: string;
    /** The most it can cost while it is processing, then the amount charged, rounded up to a cent. 0 after a full refund. */
    cost_cents: number;
    /** `cost_cents` in dollars, for display. */
    cost_usd: number;
    /** The exact amount of `cost_cents`, in millionths of a dollar. */
    cost_micros: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /**
     * The kind of model.
     * @example image
     * @example video
     * @example text
     * @example voice
     * @example music
     * @example upscale
     * @example interrogate
     * @example enhance
     */
    type: string;
    /** The provider that serves it. */
    provider: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /**
     * More detail than `status`. New values may be added.
     * @example backlog
     * @example queued
     * @example submitting
     * @example pending
     * @example uncertain
     * @example completed
     * @example failed
     */
    stage: string;
    /** The amount refunded, and what the operator credited later. */
    refunded_cents: number;
    /** The exact amount of `refunded_cents`, in millionths of a dollar. */
    refunded_micros: number;
    /** How many generations are ahead of it, while it waits. */
    queue_position?: number;
    /** The first output. */
    result_url?: string;
    /** All outputs. */
    result_urls?: string[];
    /** The result of a text generation. */
    result_text?: string;
    /** When the outputs are deleted here. RFC 3339, UTC, milliseconds. */
    expires_at?: string;
    /** When the provider deletes an output that could not be copied here: fetch it before. Else absent. RFC 3339, UTC, milliseconds. */
    result_expires_at?: string;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completed_at?: string;
    /** Present if the price counts tokens. False: the provider reported none, so the reservation was charged. */
    usage_reported?: boolean;
    /** Outputs that the provider finished after the refund. Not charged. */
    late_urls?: string[];
    /** The reason for the failure, for people. */
    error?: string;
    /** The reason for the failure, for programs. */
    error_code?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
  };
  /** A generation failed and was refunded. */
  GenerationFailed: {
    /** The type of the event, the same as `type`. */
    event: "generation.failed";
    /** The type of the event. */
    type: "generation.failed";
    /** How it ended. */
    status: "failed";
    /** The reason for the failure, for people. */
    error: string | null;
    /** The reason for the failure, for programs. */
    errorCode: string | null;
    /** The generation's id in the camelCase API. */
    jobId: string;
    /** The first image. Null after a failure. */
    imageUrl?: string | null;
    /** The first video. Null after a failure. */
    videoUrl?: string | null;
    /** The first audio file. Null after a failure. */
    audioUrl?: string | null;
    /** The text. Null after a failure. */
    text?: string | null;
    /** The prompt as sent. */
    prompt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The generation's id. */
    id: string;
    /**
     * The kind of model.
     * @example image
     * @example video
     * @example text
     * @example voice
     * @example music
     * @example upscale
     * @example interrogate
     * @example enhance
     */
    kind: string;
    /** The id of the requested model. */
    model: string;
    /** The provider that served it. Null if there was none. */
    provider: string | null;
    /** All outputs. */
    urls: string[];
    /** The amount charged, rounded up to a cent. */
    costCents: number;
    /** The amount refunded, rounded up to a cent. */
    refundedCents: number;
    /** The exact amount charged, in millionths of a dollar. */
    costMicros: number;
    /** The exact amount refunded, in millionths of a dollar. */
    refundedMicros: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    completedAt: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** Present and true if the body was too long and was cut. Read the whole generation by `id`. */
    truncated?: true;
  };
  /** Every input field of kind `image`; a catalogue entry names the fields of its model. */
  ImageInput: {
    /** Width in pixels. 64 to 2048. */
    width?: number | null;
    /** Height in pixels. 64 to 2048. */
    height?: number | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
    /** Content that the output should not show. */
    negative_prompt?: string | null;
    /** `auto`, or a ratio such as `16:9`. */
    aspect_ratio?: string | null;
    /** Words that describe the style, added to the prompt. */
    style?: string | null;
    /** Images to start from: https URLs, or `data:` URLs within the limit of the body. */
    image_urls?: string[] | null;
    /** How many outputs to make. 1 to 4. */
    count?: number | null;
    /** The resolution: about 1, 4, 9 or 16 megapixels, or less for some models. */
    resolution?: ("1K" | "2K" | "3K" | "4K") | null;
    /** The quality to aim for. */
    quality?: ("hd" | "standard") | null;
    /** The mode, such as `pixel`. A mode that the catalogue knows styles the prompt. */
    mode?: string | null;
    /** The name of a tool. */
    tool?: string | null;
  };
  /** An image. */
  ImageJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "image";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The first image. */
    imageUrl?: string;
    /** All images. */
    imageUrls?: string[];
    /** In pixels. Null if unknown. */
    width?: number | null;
    /** In pixels. Null if unknown. */
    height?: number | null;
    /** The seed of the image. The same seed, prompt and size give the same image. */
    seed?: number;
  };
  /** POST /api/generate: an image. */
  ImageRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** A description of the image to draw. */
    prompt: string;
    /** The mode, such as `pixel`. A mode that the catalogue knows styles the prompt. */
    mode?: string | null;
    /** The name of a tool. */
    tool?: string | null;
    /** Width in pixels. 64 to 2048. */
    width?: number | null;
    /** Height in pixels. 64 to 2048. */
    height?: number | null;
    /** Any integer. The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
    /** The quality to aim for. */
    quality?: ("hd" | "standard") | null;
    /** Content that the image should not show. */
    negativePrompt?: string | null;
  };
  /** The parameters of a model besides the prompt. Each model has its own fields and limits: see Models. A field that is null counts as absent. */
  Input:
    | Schemas["ImageInput"]
    | Schemas["VideoInput"]
    | Schemas["TextInput"]
    | Schemas["VoiceInput"]
    | Schemas["MusicInput"]
    | Schemas["UpscaleInput"]
    | Schemas["InterrogateInput"]
    | Schemas["EnhanceInput"];
  /** Every input field of kind `interrogate`; a catalogue entry names the fields of its model. */
  InterrogateInput: {
    /** An image to start from: an https URL, or a `data:` URL within the limit of the body. */
    image_url?: string | null;
  };
  /** A description of an image; `prompt` is made of it. */
  InterrogateJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "interrogate";
    /** A prompt that could have made the image. Empty until the job is completed. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The image in one sentence. */
    caption?: string;
    /** The image in single words. */
    tags?: string[];
  };
  /** POST /api/tools/interrogate. */
  InterrogateRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** The image: an https URL, a `data:` URL with a PNG, JPEG, WebP or GIF in base64, or one of your own asset URLs. */
    imageUrl: string;
  };
  /** An active key. The key itself is shown once, when it is created. */
  KeyEntry: {
    /** The key's id. */
    id: string;
    /** The kind of key. */
    kind: "wowflow" | "wokgen";
    /** The key's prefix and its last four characters. */
    hint: string;
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** Its name. */
    name: string;
    /** Calls that the key may make. `generate`: create and cancel generations, read them by id, and upload. `read`: lists, balance and usage. `webhooks`: endpoints. `manage`: keys and the account. Empty: all of it. */
    scopes: string[];
    /** When the key stops working. RFC 3339. Null: never. */
    expires_at?: string | null;
    /** The models that the key may order. Empty: all. */
    models: string[];
    /** The kinds that the key may order. Empty: all. */
    kinds: string[];
    /**
     * The addresses or networks that the key works from. Empty: all.
     * @example 192.0.2.0/24
     */
    ip_addresses: string[];
    /** The caps of its own budget. Null: it has none. */
    spend_caps?: Schemas["SpendCapsBody"] | null;
    /** The amounts that its own budget has counted. Null: it has none. */
    spent?: Schemas["SpentEntry"] | null;
    /** When it was last used, to a minute. RFC 3339. Null: never. */
    last_used_at?: string | null;
    /** The key. Shown once, in the response that creates it. */
    key?: string;
  };
  /** One entry of GET /api/v1/models. */
  ModelEntry: {
    /** The value to send as `model`. */
    id: string;
    /** The name for people. */
    name: string;
    /**
     * The kind of model.
     * @example image
     * @example video
     * @example text
     * @example voice
     * @example music
     * @example upscale
     * @example interrogate
     * @example enhance
     */
    type: string;
    /** The price of an order with the defaults, rounded up to a cent. */
    price_cents: number;
    /** `price_cents` in dollars, for display. */
    price_usd: number;
    /** The exact price of an order with the defaults, in millionths of a dollar. */
    price_micros: number;
    /** How the price is computed. */
    pricing: Schemas["Pricing"];
    /** The resolution of the output, such as `1K`. */
    resolution: string | null;
    /** The length of the output in seconds. */
    duration_sec: number | null;
    /** Fields of its providers that `native` may have; the prompt's own is not among them. */
    native_fields: string[];
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
  };
  /** Every input field of kind `music`; a catalogue entry names the fields of its model. */
  MusicInput: {
    /** Length in seconds. 1 to 300. */
    seconds?: number | null;
    /** How closely to follow the prompt. 0 to 20. */
    guidance?: number | null;
    /** The format of the file. */
    format?: ("mp3" | "wav") | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** Music. */
  MusicJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "music";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The audio file. */
    audioUrl?: string;
    /**
     * The format of the file.
     * @example wav
     * @example mp3
     */
    format?: string;
    /** Length in seconds. Null if unknown. */
    duration?: number | null;
  };
  /** POST /api/music/generate. */
  MusicRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** A description of the music to play. */
    prompt: string;
    /** Length in seconds. 1 to 300. */
    duration?: number | null;
    /** How closely to follow the prompt. 0 to 20. */
    guidance?: number | null;
    /** The format of the file. */
    format?: ("mp3" | "wav") | null;
    /** Any integer. The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** How a price is computed: the sum of the parts, within the bounds, plus the mark-up. */
  Pricing: {
    /** The price for people, the mark-up included. */
    text: string;
    /** The parts that are added. */
    parts: Schemas["PricingPart"][];
    /** The least sum of the parts, in millionths of a dollar. */
    minimum_micros: number;
    /** The largest sum of the parts, in millionths of a dollar. */
    ceiling_micros: number | null;
    /** The mark-up on the sum, in percent. */
    markup_percent: number;
  };
  /** One part of a price. The first row that fits the input replaces `unit_micros`. */
  PricingPart: {
    /**
     * The unit that is counted.
     * @example order
     * @example output
     * @example second
     * @example megapixel
     * @example 1k_characters
     * @example 1m_input_tokens
     * @example 1m_output_tokens
     */
    unit: string;
    /** The price of one unit, in millionths of a dollar. */
    unit_micros: number;
    /** The prices of a unit for some inputs. */
    rows: Schemas["PricingRow"][];
  };
  /** The price of a unit where the input has all these values. */
  PricingRow: {
    /** The values, by input field. */
    when: {
      [key: string]: string | number | boolean;
    };
    /** The price of one unit, in millionths of a dollar. */
    unit_micros: number;
  };
  /** The place of a leaf in a tree of a day. */
  Proof: {
    /** The day, counted from 1970-01-01 UTC. */
    day: number;
    /** The position of the leaf, from 0. */
    index: number;
    /** The hashes of its neighbours, from the leaf to the root. */
    path: string[];
  };
  /** A public key that receipts are signed with. */
  PublicKey: {
    /** The first 16 characters of the key's SHA-256. */
    id: string;
    /** The algorithm. */
    algorithm: "Ed25519";
    /** The key in hexadecimal. */
    public_key: string;
    /** When the key was made, Unix milliseconds. */
    created_ms: number;
  };
  /** The public keys of a deployment, the current one first. */
  PublicKeys: {
    /** The keys. */
    keys: Schemas["PublicKey"][];
  };
  /** The price of a request, which is neither charged nor stored. */
  Quote: {
    /** The id of the model. */
    model: string;
    /** The most that it can cost, rounded up to a cent. */
    price_cents: number;
    /** `price_cents` in dollars, for display. */
    price_usd: number;
    /** The exact amount of `price_cents`, in millionths of a dollar. */
    price_micros: number;
    /** Whether it may cost less, depending on the delivered outputs or the used tokens. */
    metered: boolean;
    /** The parts of the price. */
    breakdown: Schemas["QuoteLine"][];
    /** The least that it costs before the mark-up, in millionths of a dollar. */
    minimum_micros: number;
    /** The most that it costs before the mark-up, in millionths of a dollar. */
    ceiling_micros: number | null;
    /** The mark-up on the sum of the parts, in percent. */
    markup_percent: number;
    /** The providers that can serve it, in the order to try them. */
    providers: string[];
    /** Whether the balance covers it now. */
    affordable: boolean;
    /** Whether the local provider would stand in for the model's own one. */
    simulated: boolean;
  };
  /** One part of a price: so much per unit. */
  QuoteLine: {
    /**
     * The unit that is counted.
     * @example order
     * @example output
     * @example second
     * @example megapixel
     * @example 1k_characters
     * @example 1m_input_tokens
     * @example 1m_output_tokens
     */
    unit: string;
    /** The most units that the order can use. */
    quantity: number;
    /** The price of one unit before the mark-up, in millionths of a dollar. */
    unit_micros: number;
  };
  /** A receipt. `provisional`: the deployment signs it, but its day is not signed yet. */
  Receipt: {
    /** The version of the format. */
    version: number;
    /** Whether all of it is in days that are signed. */
    status: "included" | "provisional";
    /** The identity of the deployment's books. */
    issuer: string;
    /** The generation. */
    generation: Schemas["ReceiptGeneration"];
    /** Its ledger entries. None if a daily quota paid. */
    lines: Schemas["ReceiptLine"][];
    /** The days of the proofs. */
    days: Schemas["ReceiptDay"][];
    /** When the receipt was issued, Unix milliseconds. */
    issued_ms: number;
    /** The key that signed the receipt. */
    key_id: string;
    /** The Ed25519 signature of the receipt in hexadecimal. */
    signature: string;
  };
  /** An account's leaf in the tree of a signed day. */
  ReceiptDay: {
    /** The number of the account's last ledger entry before the day. */
    after: number;
    /** The number of its last ledger entry of the day. 0: the day has none. */
    sequence: number;
    /** The hash of that entry. */
    head: string;
    /** The account's trees of the day. */
    trees: Schemas["DayTree"][];
    /** The position of the account's leaf in the tree of the day. */
    index: number;
    /** The hashes of its neighbours, from the leaf to the root. */
    path: string[];
    /** The signed day. */
    signed: Schemas["SignedDay"];
  };
  /** The generation of a receipt. Times are Unix milliseconds, amounts are micro-dollars. */
  ReceiptGeneration: {
    /** The generation's id. */
    id: string;
    /** The account's id. */
    account: string;
    /** The kind of model. */
    kind: string;
    /** The model's id. */
    model: string;
    /** The provider that served it, or had it last. */
    provider: string;
    /** `completed` or `failed`. */
    state: string;
    /** The reason for the failure, for programs. */
    error_code: string | null;
    /** The reservation. */
    reserved_micros: number;
    /** The charge. */
    cost_micros: number;
    /** The amount that was given back afterwards. */
    credit_micros: number | null;
    /** When it was ordered. */
    created_ms: number;
    /** When a worker started it. */
    started_ms: number | null;
    /** When it ended. */
    closed_ms: number;
    /** When the credit was given. */
    credit_ms: number | null;
    /** When a result came after the refund. */
    late_ms: number | null;
    /** The SHA-256 of each output that we stored, separated by spaces. */
    output_sha256: string;
    /** Commitments to the fields that a receipt does not show. */
    hidden: string[];
    /** Its place in the tree of its day. Null until the day is signed. */
    proof?: Schemas["Proof"] | null;
  };
  /** A ledger entry of the generation. */
  ReceiptLine: {
    /** The entry's number in the account, from 1. */
    sequence: number;
    /** The time, Unix milliseconds. */
    at_ms: number;
    /** `reserve`, `settle` or `credit`. */
    kind: string;
    /** The amount in micro-dollars. */
    amount_micros: number;
    /** The hash of the account's entry before it. */
    previous: string;
    /** The hash of the entry. */
    hash: string;
    /** Its place in the tree of its day. Null until the day is signed. */
    proof?: Schemas["Proof"] | null;
  };
  /** Body of POST /api/v1/webhooks/{id}/replay. */
  ReplayEvents: {
    /** Events from this time on. */
    since: string;
    /** `failed`: events whose attempts all failed. `missing`: events that were never posted to this endpoint. */
    which: "failed" | "missing";
    /** The position to continue at: `next` of the previous response. */
    next?: number;
  };
  /** A signed day of the deployment's books, which names the signed day before it. */
  SignedDay: {
    /** The day, counted from 1970-01-01 UTC. */
    day: number;
    /** How many accounts the day has. */
    size: number;
    /** The root of the day. */
    root: string;
    /** The signed day before it. */
    previous_day: number | null;
    /** The root of that day. */
    previous_root: string;
    /** When the root was signed, Unix milliseconds. */
    signed_ms: number;
    /** The key that signed it. */
    key_id: string;
    /** The Ed25519 signature in hexadecimal. */
    signature: string;
  };
  /** The most that may be taken from the balance in a day, in a month (UTC) and in total. Null: no cap. */
  SpendCapsBody: {
    /** In a day, in cents. 0 to 100000000. */
    day_cents?: number | null;
    /** In a calendar month, in cents. 0 to 100000000. */
    month_cents?: number | null;
    /** In total, in cents. 0 to 100000000. */
    total_cents?: number | null;
  };
  /** The amounts that orders have taken, less refunds, as the caps count them. */
  SpentEntry: {
    /** Today, in micro-dollars. */
    day_micros: number;
    /** This month, in micro-dollars. */
    month_micros: number;
    /** Since the count began, in micro-dollars. */
    total_micros: number;
  };
  /** Every input field of kind `text`; a catalogue entry names the fields of its model. */
  TextInput: {
    /** The type of text, such as `product-desc`. */
    type?: string | null;
    /** The tone, such as `professional`. */
    tone?: string | null;
    /** The length of the text. */
    length?: ("long" | "medium" | "short") | null;
    /** The most words to write. 1 to 4000. */
    words_max?: number | null;
    /** A conversation, with at most 200,000 characters in all. The model continues it, and does not read the prompt. */
    messages?: Schemas["ChatMessage"][] | null;
    /** The most tokens to write. They bound the price. 1 to 32768. */
    max_tokens?: number | null;
    /** How much chance there is in the choice of words. 0 to 2. */
    temperature?: number | null;
    /** The share of the most likely words to choose from. 0 to 1. */
    top_p?: number | null;
    /** Texts at which the model stops. */
    stop?: string[] | null;
    /** Images that the model reads: https URLs, or `data:` URLs within the limit of the body. */
    image_urls?: string[] | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** A text. */
  TextJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "text";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The text. */
    content?: string;
    /** The number of words. */
    wordCount?: number;
    /** The number of characters. */
    charCount?: number;
  };
  /** POST /api/text/generate. */
  TextRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** A description of the text to write. */
    prompt: string;
    /** The type of text, such as `product-desc`. */
    type?: string | null;
    /** The tone, such as `professional`. */
    tone?: string | null;
    /** The length of the text. */
    length?: ("long" | "medium" | "short") | null;
    /** Any integer. The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
    /** The preferred model. */
    model?: string | null;
  };
  /** One movement of money; the amount is signed. `type` is topup, spend, refund or correction. */
  Transaction: {
    /** Its number in the account's ledger: the cursor for `before` and `after`. */
    sequence: number;
    /** The type of transaction. A correction is a dispute of a payment, the end of a closed account's balance, or stands for lines that a restore from a backup lost or took back. */
    type: "topup" | "spend" | "refund" | "correction";
    /** The signed amount, negative for a charge; a charge or refund is rounded up to a cent. */
    amount_cents: number;
    /** `amount_cents` in dollars, for display. */
    amount_usd: number;
    /** The exact signed amount, in millionths of a dollar. */
    amount_micros: number;
    /** When it was booked. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The generation of a charge or refund. */
    generation_id: string | null;
    /** The reference of a top-up or dispute, or the lines that a correction is about, such as 5-8. */
    reference: string | null;
  };
  /** An upload: a file that requests name as `asset:<id>`. */
  UploadEntry: {
    /** The upload's id. */
    id: string;
    /** The URL for `image_url` and other fields of media: `asset:` and the id. */
    url: string;
    /** `ready` once the file is stored and checked. */
    status: "pending" | "ready";
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** A pending upload takes a file until then; a ready one is deleted then. RFC 3339, UTC, milliseconds. */
    expires_at: string;
    /** The media type that the file's bytes have. Absent while pending. */
    content_type?: string;
    /** The size of the file. Absent while pending. */
    size_bytes?: number;
    /** The most bytes that a pending upload takes. */
    size_max_bytes?: number;
    /** The method for `upload_url`. */
    upload_method?: "PUT";
    /** Send the file's bytes there, without your API key. Shown once, in the response that creates it. */
    upload_url?: string;
  };
  /** Every input field of kind `upscale`; a catalogue entry names the fields of its model. */
  UpscaleInput: {
    /** An image to start from: an https URL, or a `data:` URL within the limit of the body. */
    image_url?: string | null;
    /** The factor to enlarge by. */
    scale?: (2 | 4) | null;
    /** A preferred upscaling engine, such as `real-esrgan`. */
    engine?: string | null;
  };
  /** A larger image. */
  UpscaleJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "upscale";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The larger image. */
    imageUrl?: string;
    /** In pixels. Null if unknown. */
    width?: number | null;
    /** In pixels. Null if unknown. */
    height?: number | null;
    /** Width of the image that was sent, in pixels. Null if unknown. */
    originalWidth?: number | null;
    /** Height of the image that was sent, in pixels. Null if unknown. */
    originalHeight?: number | null;
    /** The factor it was enlarged by. Null if unknown. */
    scale?: number | null;
  };
  /** POST /api/tools/upscale. */
  UpscaleRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** The image: an https URL, a `data:` URL with a PNG, JPEG, WebP or GIF in base64, or one of your own asset URLs. */
    imageUrl: string;
    /** The factor to enlarge by. */
    scale?: (2 | 4) | null;
    /** The preferred engine, such as `real-esrgan`. */
    model?: string | null;
  };
  /** GET /api/v1/usage: the usage of an account. A generation counts on the day when it ended. */
  Usage: {
    /** The grouping. */
    by: string;
    /** The first day, in UTC. */
    from_day: string;
    /** The day behind the last one, in UTC. */
    to_day: string;
    /** The sums, in the order of their groups. */
    data: Schemas["UsageEntry"][];
    /** The sum of all of them. */
    total: Schemas["UsageTotal"];
  };
  /** The sum of the generations of one day, model, kind, provider or key. */
  UsageEntry: {
    /** The number of generations that ended. */
    count: number;
    /** The number of them that failed. */
    failed: number;
    /** The amount charged when they were accepted, in millionths of a dollar. */
    charged_micros: number;
    /** The amount refunded or credited since, in millionths of a dollar. */
    refunded_micros: number;
    /** The amount that they cost: charged minus refunded, in millionths of a dollar. */
    net_micros: number;
    /** The length of their outputs in seconds, where known. */
    seconds: number;
    /** The number of tokens that their providers reported. */
    tokens: number;
    /** The value that they have in common: a UTC day such as `2026-10-01`, or the id of a model, kind, provider or key. Empty for generations without a key, and of a key that is not known any more. */
    group: string;
  };
  /** The sum of all generations that ended in a period. */
  UsageTotal: {
    /** The number of generations that ended. */
    count: number;
    /** The number of them that failed. */
    failed: number;
    /** The amount charged when they were accepted, in millionths of a dollar. */
    charged_micros: number;
    /** The amount refunded or credited since, in millionths of a dollar. */
    refunded_micros: number;
    /** The amount that they cost: charged minus refunded, in millionths of a dollar. */
    net_micros: number;
    /** The length of their outputs in seconds, where known. */
    seconds: number;
    /** The number of tokens that their providers reported. */
    tokens: number;
  };
  /** Every input field of kind `video`; a catalogue entry names the fields of its model. */
  VideoInput: {
    /** Width in pixels. 64 to 1920. */
    width?: number | null;
    /** Height in pixels. 64 to 1920. */
    height?: number | null;
    /** Length in seconds. 1 to 30. */
    seconds?: number | null;
    /** Frames per second. 1 to 60. */
    fps?: number | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
    /** Content that the output should not show. */
    negative_prompt?: string | null;
    /** An image to start from: an https URL, or a `data:` URL within the limit of the body. */
    image_url?: string | null;
    /** `auto`, or a ratio such as `16:9`. */
    aspect_ratio?: string | null;
    /** The resolution of the shorter side, or `2K` or `4K`. The price may depend on it. */
    resolution?: ("1080p" | "2K" | "360p" | "480p" | "4K" | "512p" | "540p" | "720p" | "768p") | null;
    /** Whether the video has sound. The price may depend on it. */
    sound?: boolean | null;
  };
  /** A video. */
  VideoJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "video";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The video. */
    videoUrl?: string;
    /** Length in milliseconds. Null if unknown. */
    durationMs?: number | null;
  };
  /** Every input field of kind `voice`; a catalogue entry names the fields of its model. */
  VoiceInput: {
    /** The name of a voice. */
    voice_id?: string | null;
    /** The speed of speech. 1 is the voice's own. 0.25 to 4. */
    speed?: number | null;
    /** The format of the file. */
    format?: ("mp3" | "wav") | null;
    /** The language, such as `en` or `de`. */
    language?: string | null;
  };
  /** Speech. */
  VoiceJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "voice";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The audio file. */
    audioUrl?: string;
    /**
     * The format of the file.
     * @example wav
     * @example mp3
     */
    format?: string;
    /** Length in milliseconds. Null if unknown. */
    durationMs?: number | null;
    /** The requested voice. */
    voiceId?: string;
  };
  /** POST /api/voice/generate. */
  VoiceRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** The text to say. */
    text: string;
    /** The name of a voice. */
    voiceId?: string | null;
    /** The speed of speech. 1 is the voice's own. 0.25 to 4. */
    speed?: number | null;
    /** The format of the file. */
    format?: ("mp3" | "wav") | null;
    /** The language, such as `en` or `de`. */
    language?: string | null;
  };
}

// wowflow/types.ts

/** One entry of `GET /api/v1/models`. */
export type Model = Schemas["ModelEntry"];

/** Body of `POST /api/v1/generations`. `input` may have fields that are newer than this client. */
export type CreateGeneration = Omit<Schemas["CreateGeneration"], "input"> & {
  input?: Schemas["Input"] | Record<string, unknown> | null;
};

/** A generation. Check `status` first. */
export type Generation = Schemas["GenerationEntry"];

/** Response of `GET /api/v1/balance`. */
export type Balance = Schemas["Balance"];

/** The price of an order. */
export type Quote = Schemas["Quote"];

/** A file that inputs name by its `url`. */
export type Upload = Schemas["UploadEntry"];

/** Sums of usage, by a value that generations have in common. */
export type Usage = Schemas["Usage"];

/** One entry of the account's ledger. */
export type Transaction = Schemas["Transaction"];

/** A URL that events are posted to. */
export type WebhookEndpoint = Schemas["EndpointEntry"];

/** Body of `POST /api/v1/webhooks`. */
export type CreateEndpoint = Schemas["CreateEndpoint"];

/** The events to post again: `failed` deliveries, or events that were never posted to the endpoint (`missing`). */
export interface ReplayEvents {
  /** The time of the oldest event. */
  since: Date | string | number;
  /** Which events. */
  which: Schemas["ReplayEvents"]["which"];
}

/** The account of an API key. */
export type Account = Schemas["AccountEntry"];

/** An active key, with its prefix and last four characters. */
export type ApiKey = Schemas["KeyEntry"];

/** The delivery of an event to an endpoint. */
export type WebhookDelivery = Schemas["DeliveryEntry"];

// webhooks/endpoints.ts

/** The account's webhook endpoints: `/api/v1/webhooks`. */
class WebhookEndpoints {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Add an endpoint. Save the `secret` for `verifyWebhook`: it is shown only in this response. */
  create(body: CreateEndpoint, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#call({ method: "POST", url: "", body, repeatable: false }, options);
  }

  /** List all endpoints, oldest first. */
  async list(options?: CallOptions): Promise<WebhookEndpoint[]> {
    return (await this.#call<{ data: WebhookEndpoint[] }>({ method: "GET", url: "" }, options)).data;
  }

  /** Delete an endpoint. */
  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/${encodeId(id)}` }, options);
  }

  /** List an endpoint's deliveries, newest first, with every attempt. */
  async deliveries(id: string, { limit }: ListOptions = {}, options?: CallOptions): Promise<WebhookDelivery[]> {
    const url = `/${encodeId(id)}/deliveries${limitQuery(limit)}`;
    return (await this.#call<{ data: WebhookDelivery[] }>({ method: "GET", url }, options)).data;
  }

  /** Enable an endpoint that was disabled because it responded with 410 or failed for five days. */
  enable(id: string, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#call({ method: "POST", url: `/${encodeId(id)}/enable` }, options);
  }

  /** Replace an endpoint's secret. Save the new `secret` of this response. For 24 hours both secrets sign every post. */
  rotate(id: string, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#call({ method: "POST", url: `/${encodeId(id)}/rotate`, repeatable: false }, options);
  }

  /** Post a delivery again, in whatever state it is. A pending one is posted at once. */
  async redeliver(id: string, deliveryId: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "POST", url: `/${encodeId(id)}/deliveries/${encodeId(deliveryId)}/redeliver` }, options);
  }

  /** Post all events again that an endpoint missed since a time. Returns how many are queued. */
  async replay(id: string, { since, which }: ReplayEvents, options?: CallOptions): Promise<number> {
    const selection = { since: new Date(since).toISOString(), which };
    let queued = 0;
    for (let next: number | undefined = 0; next !== undefined;) {
      const call: Call = { method: "POST", url: `/${encodeId(id)}/replay`, body: { ...selection, next } };
      const page: { queued: number; next?: number } = await this.#call(call, options);
      queued += page.queued;
      next = page.next;
    }
    return queued;
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    const url = `${this.#config.baseUrls.wowflow}/webhooks${call.url}`;
    return (await send<Value>(this.#config, { ...call, url }, options)).value;
  }
}

// poll.ts

const WAIT_MS_DEFAULT = 600_000;
const INTERVAL_MS_DEFAULT = 1_000;
const INTERVAL_MS_MAX = 5_000;
const INTERVAL_GROWTH = 1.5;
const REQUEST_MS_MAX = 30_000;

interface HasStatus {
  status: string;
}

/** A job or generation to poll: how to read it, and its last known state. */
interface PollTarget<State extends HasStatus> {
  id: string;
  known: State | null;
  read: (options: CallOptions) => Promise<State>;
}

/** The result of one poll. A failed one has no state, but may name the time to wait. */
interface PollResult<State> {
  state: State | null;
  retryAfterMs: number;
}

/** Poll until the target has ended, also after failures that may be temporary. Every error that is thrown has its id. */
async function poll<State extends HasStatus>(
  target: PollTarget<State>,
  options: WaitOptions<State>,
): Promise<State> {
  const timeoutMs = validateTimeoutMs(options.timeoutMs, "timeoutMs") ?? WAIT_MS_DEFAULT;
  const intervalMs = validateTimeoutMs(options.intervalMs, "intervalMs") ?? INTERVAL_MS_DEFAULT;
  const deadlineMs = performance.now() + timeoutMs;
  const leftMs = (): number => Math.max(deadlineMs - performance.now(), 1);
  const read = (): Promise<PollResult<State>> =>
    pollOnce(target, { signal: options.signal, retries: 0, timeoutMs: Math.min(leftMs(), REQUEST_MS_MAX) });
  try {
    let { state, retryAfterMs } = target.known === null ? await read() : { state: target.known, retryAfterMs: 0 };
    for (let polls = 1;; polls += 1) {
      if (state !== null) options.onProgress?.(state);
      if (state !== null && hasEnded(state)) return state;
      const delayMs = Math.max(pollDelayMs(polls, intervalMs, Math.random()), retryAfterMs);
      await sleep(Math.min(delayMs, leftMs()), options.signal);
      if (performance.now() >= deadlineMs) {
        throw new TimeoutError(`${target.id} has not ended within ${timeoutMs} ms.`, timeoutMs);
      }
      ({ state, retryAfterMs } = await read());
    }
  } catch (error) {
    if (isWokGenError(error)) error.jobId ??= target.id;
    throw error;
  }
}

/** Return the delay after poll number `polls` (from 1): `intervalMs`, growing to 5 s, and up to a tenth less by `random`. */
function pollDelayMs(polls: number, intervalMs: number, random: number): number {
  const grownMs = intervalMs * INTERVAL_GROWTH ** (polls - 1);
  return Math.min(grownMs, Math.max(INTERVAL_MS_MAX, intervalMs)) * (1 - random / 10);
}

/** Return the error of a failed job: the same as if its call had waited for it. */
function toJobError(jobId: string, code: string | undefined, message: string | undefined): ApiError {
  const error = new ApiError({ status: 502, code: code ?? "failed", message: message ?? "The job failed." });
  error.jobId = jobId;
  return error;
}

async function pollOnce<State extends HasStatus>(
  target: PollTarget<State>,
  options: CallOptions,
): Promise<PollResult<State>> {
  try {
    return { state: await target.read(options), retryAfterMs: 0 };
  } catch (error) {
    if (!isTransient(error)) throw error;
    return { state: null, retryAfterMs: (isApiError(error) && error.retryAfterMs) || 0 };
  }
}

// An unknown status, from a later version of the API, counts as running.
function hasEnded({ status }: HasStatus): boolean {
  return status === "completed" || status === "failed";
}

// wokgen/types.ts

/** Body of `POST /api/generate`. */
export type GenerateInput = Schemas["ImageRequest"];

/** Body of `POST /api/text/generate`. */
export type TextInput = Schemas["TextRequest"];

/** Body of `POST /api/voice/generate`. */
export type VoiceInput = Schemas["VoiceRequest"];

/** Body of `POST /api/music/generate`. */
export type MusicInput = Schemas["MusicRequest"];

/** Body of `POST /api/tools/upscale`. */
export type UpscaleInput = Schemas["UpscaleRequest"];

/** Body of `POST /api/tools/interrogate`. */
export type InterrogateInput = Schemas["InterrogateRequest"];

/** Body of `POST /api/prompt/enhance`. */
export type EnhanceInput = Schemas["EnhanceRequest"];

/** The fields of each kind of job. */
interface Shapes {
  image: Schemas["ImageJob"];
  video: Schemas["VideoJob"];
  text: Schemas["TextJob"];
  voice: Schemas["VoiceJob"];
  music: Schemas["MusicJob"];
  upscale: Schemas["UpscaleJob"];
  interrogate: Schemas["InterrogateJob"];
  enhance: Schemas["EnhanceJob"];
}

/** The kind of a job. */
export type Kind = keyof Shapes;

/** A completed job. It always has the named fields. */
type Completed<K extends Kind, Field extends keyof Shapes[K]> =
  & Shapes[K]
  & { status: "completed"; completedAt: string }
  & Required<Pick<Shapes[K], Field>>;

/** An image. */
export type ImageResult = Completed<"image", "imageUrl" | "imageUrls" | "width" | "height">;

/** A video. The WokGen API only reads videos; `client.wowflow` creates them. */
export type VideoResult = Completed<"video", "videoUrl" | "durationMs">;

/** A text. */
export type TextResult = Completed<"text", "content" | "wordCount" | "charCount">;

/** Speech. */
export type VoiceResult = Completed<"voice", "audioUrl" | "format" | "durationMs" | "voiceId">;

/** Music. */
export type MusicResult = Completed<"music", "audioUrl" | "format" | "duration">;

/** An enlarged image. */
export type UpscaleResult = Completed<
  "upscale",
  "imageUrl" | "width" | "height" | "originalWidth" | "originalHeight" | "scale"
>;

/** A description of an image; `prompt` is a prompt for a similar image. */
export type InterrogateResult = Completed<"interrogate", "caption" | "tags">;

/** An improved prompt. */
export type EnhanceResult = Completed<"enhance", "enhanced" | "variations">;

/** The result of each kind. */
export interface Results {
  image: ImageResult;
  video: VideoResult;
  text: TextResult;
  voice: VoiceResult;
  music: MusicResult;
  upscale: UpscaleResult;
  interrogate: InterrogateResult;
  enhance: EnhanceResult;
}

/** A job that has not ended. */
export type ProcessingJob<K extends Kind = Kind> = Shapes[K] & { status: "processing" };

/** A failed job. It is refunded. */
export type FailedJob<K extends Kind = Kind> = Shapes[K] & { status: "failed"; error: string; code: string };

/** A completed job: the same as the result of its call. */
export type CompletedJob<K extends Kind = Kind> = Results[K];

/** Response of `GET /api/jobs/{jobId}`. Check `status` first, then `kind`. */
export type Job<K extends Kind = Kind> = ProcessingJob<K> | CompletedJob<K> | FailedJob<K>;

// wokgen/calls.ts

/** The fields that the bodies of all generating calls share. */
interface MakeInput {
  async?: boolean | null;
}

/** A generating call. It returns the result, or the job as it is with `async: true`. */
export interface Make<Input extends MakeInput, K extends Kind> {
  (input: Input & { async?: false }, options?: MakeOptions<Job>): Promise<Results[K]>;
  (input: Input & { async: boolean }, options?: MakeOptions<Job>): Promise<Results[K] | ProcessingJob<K>>;
}

/** Return the generating call at `path`. It polls a job that outlasts the gateway's response. */
function createMake<Input extends MakeInput, K extends Kind>(config: Config, path: string): Make<Input, K> {
  async function make(input: Input, options: MakeOptions<Job> = {}): Promise<Results[K] | ProcessingJob<K>> {
    const url = config.baseUrls.wokgen + path;
    const { value } = await send<Results[K] | ProcessingJob<K>>(
      config,
      { method: "POST", url, body: input, waits: input.async !== true },
      options,
    );
    const { status } = value as Job<K>;
    if (input.async === true || (status !== "processing" && status !== "failed")) return value;
    const { signal, onProgress, waitTimeoutMs: timeoutMs } = options;
    return await waitForJob(config, value, { signal, onProgress, timeoutMs }) as Results[K];
  }
  return make as Make<Input, K>;
}

/** Read a job. */
async function readJob(config: Config, jobId: string, options?: CallOptions): Promise<Job> {
  const url = `${config.baseUrls.wokgen}/jobs/${encodeId(jobId)}`;
  return (await send<Job>(config, { method: "GET", url }, options)).value;
}

/** Wait until a job is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
async function waitForJob(
  config: Config,
  job: string | Job,
  options: WaitOptions<Job> = {},
): Promise<CompletedJob> {
  const [id, known] = typeof job === "string" ? [job, null] : [job.jobId, job];
  const ended = await poll({ id, known, read: (callOptions) => readJob(config, id, callOptions) }, options);
  if (ended.status === "failed") throw toJobError(id, ended.code, ended.error);
  return ended as CompletedJob;
}

// wowflow/account.ts

/** The account of the client's API key, and its other keys: `/api/v1/account` and `/api/v1/keys`. */
class OwnAccount {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Read the account. */
  read(options?: CallOptions): Promise<Account> {
    return this.#call({ method: "GET", url: "/account" }, options);
  }

  /** Set the low-balance alert: below this balance the account's webhooks get `balance.low`. 0 turns it off. */
  change(body: Schemas["ChangeAccount"], options?: CallOptions): Promise<Account> {
    return this.#call({ method: "PATCH", url: "/account", body }, options);
  }

  /** List the active keys, oldest first. */
  async keys(options?: CallOptions): Promise<ApiKey[]> {
    return (await this.#call<{ data: ApiKey[] }>({ method: "GET", url: "/keys" }, options)).data;
  }

  /** Create a key. Save the `key`: it is shown only in this response. */
  createKey(body: Schemas["CreateKey"] = {}, options?: CallOptions): Promise<ApiKey & { key: string }> {
    return this.#call({ method: "POST", url: "/keys", body, repeatable: false }, options);
  }

  /** Revoke a key. It stops working at once. */
  async revokeKey(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/keys/${encodeId(id)}` }, options);
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    return (await send<Value>(this.#config, { ...call, url: this.#config.baseUrls.wowflow + call.url }, options)).value;
  }
}

// events/types.ts

/** The data of one event of a stream. Later versions may add types. */
export interface StreamedEvent {
  /** Such as `generation.completed`, `generation.progress`, `generation.position` and `text.delta`. */
  type: string;
  /** The generation that it is about. */
  generation_id?: string;
  /** When it happened. RFC 3339. */
  at?: string;
  /** The stage that the generation is in now. */
  stage?: string;
  /** The progress that the provider reports, from 0 to 1. */
  progress?: number;
  /** How many generations are before this one. */
  queue_position?: number;
  /** The text that follows the last `text.delta`. */
  text?: string;
  /** How many characters of the text came before. */
  offset?: number;
  /** The generation, once it has ended. */
  generation?: Generation;
}

// events/decode.ts

/** An event, and its id if it has one. */
interface ReceivedEvent {
  event: StreamedEvent;
  id: string | null;
}

/** Decodes the text of a stream, in any pieces. Only line feeds end a line: other separators may be in a text. */
class EventDecoder {
  #rest = "";
  #data: string[] = [];
  #id: string | null = null;

  /** Take more text, and return the events that it completes. */
  feed(text: string): ReceivedEvent[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => this.#take(line.replace(/\r$/, ""))).filter((event) => event !== null);
  }

  #take(line: string): ReceivedEvent | null {
    if (line.startsWith("data:")) this.#data.push(line.slice(5).replace(/^ /, ""));
    if (line.startsWith("id:")) this.#id = line.slice(3).replace(/^ /, "");
    if (line !== "") return null;
    const [data, id] = [this.#data.join("\n"), this.#id];
    this.#data = [];
    this.#id = null;
    return data === "" ? null : { event: JSON.parse(data) as StreamedEvent, id };
  }
}

// events/read.ts

/** A stream is broken if nothing comes for three heartbeats. */
const SILENCE_MS_MAX = 45_000;

/** Yield the events of one response. Throws NetworkError if it breaks; returns if there are no more. */
async function* readEvents(
  config: Config,
  url: string,
  last: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  if (signal?.aborted) throw new AbortedError(signal);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  let timer = setTimeout(abort, SILENCE_MS_MAX);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const headers = new Headers({ Accept: "text/event-stream" });
    if (config.authorization !== null) headers.set("Authorization", config.authorization);
    if (last !== "") headers.set("Last-Event-ID", last);
    const response = await config.fetch(url, { headers, signal: controller.signal, redirect: "manual" });
    if (!response.ok) parseResponse(response, await response.text());
    if (response.status === 204 || response.body === null) return;
    const [reader, decoder, text] = [response.body.getReader(), new EventDecoder(), new TextDecoder()];
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(abort, SILENCE_MS_MAX);
      yield* decoder.feed(text.decode(part.value, { stream: true }));
    }
  } catch (error) {
    if (signal?.aborted) throw new AbortedError(signal);
    throw isApiError(error) ? error : new NetworkError(`The events of ${url} broke off.`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    controller.abort();
  }
  throw new NetworkError(`The events of ${url} broke off.`);
}

// events/follow.ts

/** Options of a stream of events. */
export interface FollowOptions {
  /** Ends the stream with an AbortedError. The generations continue. */
  signal?: AbortSignal | undefined;
  /** The id of the last event that an earlier stream gave. Default: from now on, or all events of one generation. */
  lastEventId?: string | undefined;
}

/** Yield the events at a URL. A stream that breaks is resumed behind its last event. Ends with the generation's end. */
async function* followEvents(
  config: Config,
  url: string,
  { signal, lastEventId = "" }: FollowOptions,
): AsyncGenerator<StreamedEvent, void, undefined> {
  for (let attempt = 1, last = lastEventId;; attempt += 1) {
    try {
      for await (const { event, id } of readEvents(config, url, last, signal)) {
        last = id ?? last;
        attempt = 1;
        yield event;
        if (event.generation !== undefined && !url.endsWith("/v1/events")) return;
      }
      return;
    } catch (error) {
      if (attempt > config.retries || !isTransient(error)) throw error;
      const delayMs = retryDelayMs(attempt, Math.random(), isApiError(error) ? error.retryAfterMs : null);
      if (delayMs === null) throw error;
      await sleep(delayMs, signal);
    }
  }
}

// webhooks/signature.ts

const SECRET_PREFIX = "whsec_";
const VERSION = "v1,";
/** A sender signs with one secret, or with two during a rotation. */
const SIGNATURES_MAX = 16;

/** Resolves to whether one of the signatures in a `webhook-signature` header is a signature of these bytes. */
type Verify = (header: string, signed: ArrayBuffer) => Promise<boolean>;

/** Return a function that verifies with a secret, in constant time. Throws TypeError unless it is `whsec_` and base64. */
async function createVerify(secret: string): Promise<Verify> {
  const bytes = secret.startsWith(SECRET_PREFIX) ? decodeBase64(secret.slice(SECRET_PREFIX.length)) : null;
  if (bytes === null || bytes.byteLength === 0) throw new TypeError("A webhook secret must be whsec_ and base64.");
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return async (header, signed) => {
    const checks = parseSignatures(header).map((signature) => crypto.subtle.verify("HMAC", key, signature, signed));
    return (await Promise.all(checks)).includes(true);
  };
}

/** Concatenate bytes in a new buffer. */
function concat(...parts: readonly Uint8Array[]): ArrayBuffer {
  const whole = new ArrayBuffer(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    new Uint8Array(whole, offset).set(part);
    offset += part.length;
  }
  return whole;
}

// Unknown versions are skipped: a sender may sign with several.
function parseSignatures(header: string): ArrayBuffer[] {
  const known = header.split(" ").filter((entry) => entry.startsWith(VERSION)).slice(0, SIGNATURES_MAX);
  return known.map((entry) => decodeBase64(entry.slice(VERSION.length)) ?? new ArrayBuffer(0));
}

function decodeBase64(base64: string): ArrayBuffer | null {
  try {
    return concat(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}

// receipts/merkle.ts

/** Return the SHA-256 of bytes. */
async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** Return the bytes of a hexadecimal text. Another text gives an empty array. */
function fromHex(hex: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(hex)) return new Uint8Array();
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

/** Return bytes as hexadecimal text. */
function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A place in a tree of RFC 6962, and the hashes of the neighbours on the way to its root. */
interface Place {
  index: number;
  size: number;
  path: readonly string[];
}

/** Return the root that a leaf's path leads to, in hexadecimal; null for a path that fits no tree of that size. */
async function climb(leaf: Uint8Array, { index, size, path }: Place): Promise<string | null> {
  if (!(index >= 0 && index < size)) return null;
  const rest = path.map(fromHex);
  let found = await sha256(Uint8Array.of(0), leaf);
  for (let at = index, last = size - 1; last > 0; at = Math.floor(at / 2), last = Math.floor(last / 2)) {
    if (at % 2 === 0 && at === last) continue;
    const neighbour = rest.shift();
    if (neighbour === undefined) return null;
    const pair = at % 2 === 1 ? [neighbour, found] : [found, neighbour];
    found = await sha256(Uint8Array.of(1), ...pair);
  }
  return rest.length === 0 ? toHex(found) : null;
}

// receipts/verify-receipt.ts

/** A receipt of a generation: `GET /api/v1/generations/{id}/receipt`. */
export type Receipt = Schemas["Receipt"];

/** The public keys of a deployment: `GET /.well-known/wokflow-receipts`. */
export type ReceiptKeys = Schemas["PublicKeys"];

const RECEIPT_VERSION = 1;
const LINES = "ledger_lines";
const GENERATIONS = "generations";

type Value = string | number | null | undefined;

/**
 * Verify a receipt with nothing but the deployment's public keys, and return it. Throws ReceiptVerificationError if any
 * part of it is not what the deployment signed. A `provisional` receipt is signed, but not yet in a signed day.
 */
export async function verifyReceipt(receipt: Receipt, { keys }: ReceiptKeys): Promise<Receipt> {
  const known = new Map(keys.map((key) => [key.id, key.public_key]));
  assertThat(receipt.version === RECEIPT_VERSION, `version ${receipt.version} is not known`);
  const { generation, lines, days } = receipt;
  const digest = await digestGeneration(generation);
  const hashes = [toHex(digest), ...lines.map((line) => line.hash)];
  const about = [receipt.version, receipt.issuer, receipt.status, receipt.issued_ms, receipt.key_id];
  await checkSignature(known, receipt, encodeFields("wokflow receipt", ...about, ...hashes), "the receipt");
  await checkLines(receipt);
  for (const day of days) await checkDay(receipt, day, known);
  const included = [await checkPlace(receipt, generation.proof, GENERATIONS, digest, "the generation")];
  for (const line of lines) {
    const what = `ledger entry ${line.sequence}`;
    included.push(await checkPlace(receipt, line.proof, LINES, fromHex(line.hash), what));
  }
  assertThat(
    included.every(Boolean) === (receipt.status === "included"),
    "its status does not fit its proofs",
  );
  return receipt;
}

function digestGeneration(one: Schemas["ReceiptGeneration"]): Promise<Uint8Array> {
  return sha256(encodeFields(
    ...[GENERATIONS, one.id, one.account, one.kind, one.model, one.provider, one.state, one.error_code],
    ...[one.reserved_micros, one.cost_micros, one.credit_micros, one.created_ms, one.started_ms, one.closed_ms],
    ...[one.credit_ms, one.late_ms, one.output_sha256, ...one.hidden],
  ));
}

async function checkLines({ generation, lines }: Receipt): Promise<void> {
  let total = 0;
  for (const line of lines) {
    const facts = [line.sequence, line.at_ms, line.kind, line.amount_micros, generation.id];
    const text = [line.previous, generation.account, ...facts].join("\n");
    const hash = toHex(await sha256(new TextEncoder().encode(text)));
    assertThat(line.hash === hash, `ledger entry ${line.sequence} differs`);
    total += line.amount_micros;
  }
  const expected = (generation.credit_micros ?? 0) - generation.cost_micros;
  assertThat(total === expected, `the ledger entries sum to ${total}, not to ${expected} micro-dollars`);
}

async function checkDay(receipt: Receipt, day: Schemas["ReceiptDay"], keys: Map<string, string>): Promise<void> {
  const { signed } = day;
  const about = [signed.day, signed.size, signed.root, signed.previous_day, signed.previous_root];
  const text = encodeFields(
    ...["wokflow day", RECEIPT_VERSION, receipt.issuer, ...about, signed.signed_ms, signed.key_id],
  );
  await checkSignature(keys, signed, text, `day ${signed.day}`);
  const trees = day.trees.flatMap((tree) => [tree.name, tree.size, tree.root]);
  const lines = [day.after, day.sequence, day.head];
  const leaf = await sha256(encodeFields("account", receipt.generation.account, signed.day, ...lines, ...trees));
  const root = await climb(leaf, { index: day.index, size: signed.size, path: day.path });
  assertThat(root === signed.root, `the account is not in the tree of day ${signed.day}`);
}

async function checkPlace(
  receipt: Receipt,
  proof: Schemas["Proof"] | null | undefined,
  name: string,
  leaf: Uint8Array,
  what: string,
): Promise<boolean> {
  if (!proof) return false;
  const day = receipt.days.find((one) => one.signed.day === proof.day);
  assertThat(day !== undefined, `${what} is of day ${proof.day}, which is missing`);
  const [tree, ...others] = day?.trees.filter((one) => one.name === name) ?? [];
  assertThat(tree !== undefined && others.length === 0, `${what} is in no tree of day ${proof.day}`);
  const root = await climb(leaf, { index: proof.index, size: tree?.size ?? 0, path: proof.path });
  assertThat(root === tree?.root, `${what} is not in the tree of day ${proof.day}`);
  return true;
}

async function checkSignature(
  keys: Map<string, string>,
  signed: { key_id?: string; signature?: string },
  text: Uint8Array<ArrayBuffer>,
  what: string,
): Promise<void> {
  const hex = keys.get(signed.key_id ?? "");
  const unknown = `${what} is signed with the key ${signed.key_id}, which is not among the public keys`;
  assertThat(hex !== undefined, unknown);
  const raw = Uint8Array.from(fromHex(hex ?? ""));
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  const signature = Uint8Array.from(fromHex(signed.signature ?? ""));
  assertThat(await crypto.subtle.verify("Ed25519", key, signature, text), `the signature of ${what} is wrong`);
}

/** Return fields as one text: each with its length in bytes, `-` for a missing one. */
function encodeFields(...values: readonly Value[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts = values.map((value) =>
    value === null || value === undefined ? "-," : `${encoder.encode(String(value)).length}:${value},`
  );
  return Uint8Array.from(encoder.encode(parts.join("")));
}

function assertThat(holds: boolean, reason: string): void {
  if (!holds) throw new ReceiptVerificationError(`The receipt is refused: ${reason}.`);
}

// wowflow/uploads.ts

const UPLOAD_MS_DEFAULT = 300_000;

/** Upload a file for an input, and return it once it is checked. */
async function uploadFile(
  config: Config,
  file: Blob | ArrayBuffer | Uint8Array,
  options: CallOptions,
): Promise<Upload> {
  const body = file instanceof Blob ? file : new Blob([file as ArrayBuffer | Uint8Array<ArrayBuffer>]);
  const url = `${config.baseUrls.wowflow}/uploads`;
  const made = (await send<Upload>(config, { method: "POST", url, body: { size_bytes: body.size } }, options)).value;
  const read = async (): Promise<Upload> =>
    (await send<Upload>(config, { method: "GET", url: `${url}/${encodeId(made.id)}` }, options)).value;
  // The URL may be that of a bucket: it must not get the API key.
  const put = {
    url: String(made.upload_url),
    method: "PUT",
    headers: new Headers(),
    body,
    signal: options.signal,
    timeoutMs: validateTimeoutMs(options.timeoutMs, "timeoutMs") ?? config.timeoutMs ?? UPLOAD_MS_DEFAULT,
  };
  try {
    await retry<void>(config, put, options);
  } catch (error) {
    if (!isApiError(error) || error.status !== 409) throw error;
    const stored = await read(); // an earlier attempt may have stored it, and its response was lost
    if (stored.status !== "ready") throw error;
    return stored;
  }
  return await read();
}

// wowflow/wowflow.ts

/** Options for creating a generation. */
export interface CreateOptions extends CallOptions {
  /** Let the gateway hold the response until the generation ends, for 1 to 55 seconds: `Prefer: wait=N`. */
  waitS?: number | undefined;
}

/** The WOWFLOW API, with its documented field names. Lists are arrays, newest first. */
class Wowflow {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** List the available models with their prices: `GET /api/v1/models`. */
  models(options?: CallOptions): Promise<Model[]> {
    return this.#list("/models", options);
  }

  /** Create a generation. It is charged at once, and refunded if it fails: `POST /api/v1/generations`. */
  async createGeneration(body: CreateGeneration, options: CreateOptions = {}): Promise<Generation> {
    const { waitS } = options;
    return await this.#call({ method: "POST", url: "/generations", body, waitS, waits: waitS !== undefined }, options);
  }

  /** Compute the price of an order. Nothing is charged: `POST /api/v1/generations/quote`. */
  quote(body: CreateGeneration, options?: CallOptions): Promise<Quote> {
    return this.#call({ method: "POST", url: "/generations/quote", body }, options);
  }

  /** Upload a file. Its `url` goes into `input`: `POST /api/v1/uploads`, the file, and `GET` until it is checked. */
  upload(file: Blob | ArrayBuffer | Uint8Array, options: CallOptions = {}): Promise<Upload> {
    return uploadFile(this.#config, file, options);
  }

  /** Delete an upload and its file: `DELETE /api/v1/uploads/{id}`. */
  async deleteUpload(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/uploads/${encodeId(id)}` }, options);
  }

  /** Iterate over the events of a generation until its end: `GET /api/v1/generations/{id}/events`. */
  follow(generation: string | Generation, options: FollowOptions = {}): AsyncGenerator<StreamedEvent, void, undefined> {
    const id = typeof generation === "string" ? generation : generation.id;
    return followEvents(this.#config, `${this.#config.baseUrls.wowflow}/generations/${encodeId(id)}/events`, options);
  }

  /** Iterate over the events of all generations of the account, without an end: `GET /api/v1/events`. */
  followAccount(options: FollowOptions = {}): AsyncGenerator<StreamedEvent, void, undefined> {
    return followEvents(this.#config, `${this.#config.baseUrls.wowflow}/events`, options);
  }

  /** Read sums of usage, by day unless `by` says otherwise: `GET /api/v1/usage`. */
  usage(filters: UsageFilters = {}, options?: CallOptions): Promise<Usage> {
    const query = new URLSearchParams(Object.entries(filters)).toString();
    return this.#call({ method: "GET", url: `/usage${query && `?${query}`}` }, options);
  }

  /** Read a generation: `GET /api/v1/generations?id=`. */
  async generation(id: string, options?: CallOptions): Promise<Generation> {
    return await this.#call({ method: "GET", url: `/generations?id=${encodeId(id)}` }, options);
  }

  /** List the account's newest generations: `GET /api/v1/generations`. */
  generations({ limit }: ListOptions = {}, options?: CallOptions): Promise<Generation[]> {
    return this.#list(`/generations${limitQuery(limit)}`, options);
  }

  /** Read the receipt of a generation that has ended: `GET /api/v1/generations/{id}/receipt`. See `verifyReceipt`. */
  async receipt(id: string, options?: CallOptions): Promise<Receipt> {
    return await this.#call({ method: "GET", url: `/generations/${encodeId(id)}/receipt` }, options);
  }

  /** Read the public keys that verify receipts: `GET /.well-known/wokflow-receipts`. Save them once. */
  async receiptKeys(options?: CallOptions): Promise<ReceiptKeys> {
    const url = this.#config.baseUrls.wowflow.replace(/\/api\/v1$/, "") + "/.well-known/wokflow-receipts";
    return (await send<ReceiptKeys>(this.#config, { method: "GET", url }, options)).value;
  }

  /** Read the balance: `GET /api/v1/balance`. */
  balance(options?: CallOptions): Promise<Balance> {
    return this.#call({ method: "GET", url: "/balance" }, options);
  }

  /** List the newest transactions: `GET /api/v1/transactions`. */
  transactions({ limit }: ListOptions = {}, options?: CallOptions): Promise<Transaction[]> {
    return this.#list(`/transactions${limitQuery(limit)}`, options);
  }

  /** Cancel a generation, refunded in full unless a provider already has it: `DELETE /api/v1/generations?id=`. */
  async cancel(id: string, options?: CallOptions): Promise<Generation> {
    return await this.#call({ method: "DELETE", url: `/generations?id=${encodeId(id)}` }, options);
  }

  /** Wait until a generation is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
  async waitFor(generation: string | Generation, options: WaitOptions<Generation> = {}): Promise<Generation> {
    const [id, known] = typeof generation === "string" ? [generation, null] : [generation.id, generation];
    const ended = await poll({ id, known, read: (callOptions) => this.generation(id, callOptions) }, options);
    if (ended.status === "failed") throw toJobError(id, ended.error_code, ended.error);
    return ended;
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    const url = this.#config.baseUrls.wowflow + call.url;
    return (await send<Value>(this.#config, { ...call, url }, options)).value;
  }

  async #list<Entry>(url: string, options?: CallOptions): Promise<Entry[]> {
    return (await this.#call<{ data: Entry[] }>({ method: "GET", url }, options)).data;
  }
}

// client.ts

/**
 * A client of one deployment. Its own methods call the WokGen API, those under `wowflow` the WOWFLOW API. An API key of
 * either kind works for both. Also exported as `Client`.
 */
export class WokGenClient {
  /** Generate an image: `POST /api/generate`. */
  readonly generate: Make<GenerateInput, "image">;
  /** Generate text: `POST /api/text/generate`. */
  readonly generateText: Make<TextInput, "text">;
  /** Generate speech: `POST /api/voice/generate`. */
  readonly generateVoice: Make<VoiceInput, "voice">;
  /** Generate music: `POST /api/music/generate`. */
  readonly generateMusic: Make<MusicInput, "music">;
  /** Enlarge an image: `POST /api/tools/upscale`. */
  readonly upscale: Make<UpscaleInput, "upscale">;
  /** Describe an image: `POST /api/tools/interrogate`. */
  readonly interrogate: Make<InterrogateInput, "interrogate">;
  /** Improve a prompt: `POST /api/prompt/enhance`. */
  readonly enhancePrompt: Make<EnhanceInput, "enhance">;
  /** The WOWFLOW API: models with prices, and generations that are paid from the balance. */
  readonly wowflow: Wowflow;
  /** The account's webhook endpoints. */
  readonly webhooks: WebhookEndpoints;
  /** The account of the API key, and its other keys. */
  readonly account: OwnAccount;
  readonly #config: Config;

  constructor(options: ClientOptions = {}) {
    const config = configure(options);
    this.generate = createMake(config, "/generate");
    this.generateText = createMake(config, "/text/generate");
    this.generateVoice = createMake(config, "/voice/generate");
    this.generateMusic = createMake(config, "/music/generate");
    this.upscale = createMake(config, "/tools/upscale");
    this.interrogate = createMake(config, "/tools/interrogate");
    this.enhancePrompt = createMake(config, "/prompt/enhance");
    this.wowflow = new Wowflow(config);
    this.webhooks = new WebhookEndpoints(config);
    this.account = new OwnAccount(config);
    this.#config = config;
  }

  /** Read a job: `GET /api/jobs/{jobId}`. */
  job(jobId: string, options?: CallOptions): Promise<Job> {
    return readJob(this.#config, jobId, options);
  }

  /** List the account's newest jobs: `GET /api/jobs`. */
  async jobs({ limit }: ListOptions = {}, options?: CallOptions): Promise<Job[]> {
    const url = `${this.#config.baseUrls.wokgen}/jobs${limitQuery(limit)}`;
    return (await send<{ jobs: Job[] }>(this.#config, { method: "GET", url }, options)).value.jobs;
  }

  /** Cancel a job, free of charge unless a provider already has it: `POST /api/jobs/{jobId}/cancel`. */
  async cancelJob(jobId: string, options?: CallOptions): Promise<Job> {
    const url = `${this.#config.baseUrls.wokgen}/jobs/${encodeId(jobId)}/cancel`;
    return (await send<Job>(this.#config, { method: "POST", url }, options)).value;
  }

  /** Wait until a job is completed. Throws ApiError if it failed, TimeoutError if it takes longer than `timeoutMs`. */
  waitFor<K extends Kind>(job: Job & { kind: K }, options?: WaitOptions<Job>): Promise<CompletedJob<K>>;
  waitFor(jobId: string, options?: WaitOptions<Job>): Promise<CompletedJob>;
  waitFor(job: string | Job, options?: WaitOptions<Job>): Promise<CompletedJob> {
    return waitForJob(this.#config, job, options);
  }
}

// webhooks/events.ts

/** A generation is completed. It has the one of `imageUrl`, `videoUrl`, `audioUrl` and `text` that its kind has. */
export type GenerationCompletedEvent = Schemas["GenerationCompleted"];

/** A generation failed and was refunded. */
export type GenerationFailedEvent = Schemas["GenerationFailed"];

/** A generation's price took the balance below the account's threshold. */
export type BalanceLowEvent = Schemas["BalanceLow"];

/** Another endpoint of the account was disabled because it failed for too long. */
export type EndpointDisabledEvent = Schemas["EndpointDisabled"];

/** Body of a webhook. Check `event` first; later versions may add events. */
export type WebhookEvent = GenerationCompletedEvent | GenerationFailedEvent | BalanceLowEvent | EndpointDisabledEvent;

// webhooks/verify-webhook.ts

const TOLERANCE_S_DEFAULT = 300;

/** Request headers as servers provide them. */
export type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A received webhook, and the secret to verify it with. */
export interface WebhookDelivered {
  /** The endpoint's secret, `whsec_...`. During a rotation, the old and the new one. */
  secret: string | readonly string[];
  /** The request's headers: a `Headers`, or an object such as Node's `request.headers`. */
  headers: HeadersLike;
  /** The request's body exactly as received. Parsing and serializing it again breaks the signature. */
  body: string | Uint8Array | ArrayBuffer;
  /** How far the signature's time may be from now, in seconds. Default: 300. */
  toleranceS?: number | undefined;
  /** The current time in Unix milliseconds. Default: now. */
  nowMs?: number | undefined;
}

/**
 * Verify a webhook as Standard Webhooks 1.0 defines it, and return its event. Throws WebhookVerificationError if the
 * signature is wrong, and TypeError if the secret is malformed. An event may arrive more than once, each time with the
 * same `webhook-id` header.
 */
export async function verifyWebhook(delivered: WebhookDelivered): Promise<WebhookEvent> {
  const { secret, headers, body, toleranceS = TOLERANCE_S_DEFAULT, nowMs = Date.now() } = delivered;
  const verifies = await Promise.all((typeof secret === "string" ? [secret] : secret).map(createVerify));
  const id = requireHeader(headers, "webhook-id", /^[^.\s]+$/);
  const timestamp = requireHeader(headers, "webhook-timestamp", /^\d{1,12}$/);
  const signatures = requireHeader(headers, "webhook-signature", /./);
  if (!(Math.abs(nowMs / 1_000 - Number(timestamp)) <= toleranceS)) {
    throw new WebhookVerificationError("webhook-timestamp is too far from now.");
  }
  const bytes = toBytes(body);
  const signed = concat(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const matches = await Promise.all(verifies.map((verify) => verify(signatures, signed)));
  if (!matches.includes(true)) throw new WebhookVerificationError("No signature matches this secret and body.");
  return parseEvent(bytes);
}

function requireHeader(headers: HeadersLike, name: string, pattern: RegExp): string {
  const value = readHeader(headers, name);
  if (value === null || !pattern.test(value)) {
    throw new WebhookVerificationError(`${name} is ${value === null ? "missing" : "malformed"}.`);
  }
  return value;
}

function readHeader(headers: HeadersLike, name: string): string | null {
  if (isHeaders(headers)) return headers.get(name);
  const found = Object.keys(headers).find((key) => key.toLowerCase() === name);
  const value = found === undefined ? undefined : headers[found];
  return value === undefined ? null : typeof value === "string" ? value : value.join(" ");
}

// Some servers have a `Headers` class of their own, so `instanceof` would not do.
function isHeaders(headers: HeadersLike): headers is Headers {
  return typeof (headers as Headers).get === "function";
}

function toBytes(body: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (Object.prototype.toString.call(body) === "[object ArrayBuffer]") return new Uint8Array(body);
  throw new TypeError("body must be the request's body as received: text or bytes, not parsed JSON.");
}

function parseEvent(bytes: Uint8Array): WebhookEvent {
  try {
    const event: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof event === "object" && event !== null && "event" in event) return event as WebhookEvent;
  } catch (error) {
    throw new WebhookVerificationError("The body is signed but not JSON.", { cause: error });
  }
  throw new WebhookVerificationError("The body is signed but not an event.");
}

export { WokGenClient as Client };

export type { OwnAccount, WebhookEndpoints, Wowflow };
