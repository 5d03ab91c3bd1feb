/**
 * @wokspec/sdk in one file: a client of the WokGen and WOWFLOW APIs for Node 20+, Deno and browsers.
 * Generated from sdk/src by scripts/bundle.mjs; do not edit. The class WokGenClient is near the end.
 */

// base-url.ts

/** Where the documented service is. */
const DEFAULT_BASE_URL = "https://wokgen.wokspec.org/api";

/** The two APIs of one deployment, without a slash at the end. */
interface Bases {
  wokgen: string;
  wowflow: string;
}

/** Both bases from either's, or from a bare host. Throws TypeError if it is not an http or https URL. */
function bases(baseUrl: string): Bases {
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch {
    throw new TypeError(`baseUrl is not a URL: ${baseUrl}`);
  }
  if (!/^https?:$/.test(url.protocol)) throw new TypeError(`baseUrl is not http or https: ${baseUrl}`);
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError("baseUrl has no user name, query or fragment.");
  }
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "");
  const wokgen = url.origin + (path || "/api");
  return { wokgen, wowflow: `${wokgen}/v1` };
}

// options.ts

/** How a client reaches the API. */
export interface ClientOptions {
  /** `wok_...` or `wf_live_...`, from /account/api-keys. Without one you are a guest: 10 generations a day, no `wowflow`. */
  apiKey?: string | undefined;
  /** Where the API is, such as `https://gateway.example/api`. Default: `https://wokgen.wokspec.org/api`. */
  baseUrl?: string | undefined;
  /** Longest wait for one answer. Default: 90 000 for calls that wait for a result, 30 000 for the others. */
  timeoutMs?: number | undefined;
  /** How many times a call is repeated after a failure that may pass, 0 to 10. Default: 2. */
  retries?: number | undefined;
  /** Used instead of the global `fetch`, for example one that goes through a proxy. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** What can be said for a single call. */
export interface CallOptions {
  /** Ends the call with an AbortedError. A job that was accepted goes on. */
  signal?: AbortSignal | undefined;
  /** Longest wait for one answer of this call; see ClientOptions. */
  timeoutMs?: number | undefined;
  /** How many times this call is repeated; see ClientOptions. */
  retries?: number | undefined;
  /**
   * Names the call, 1 to 255 printable characters: sent again within 24 hours with the same body, even by another
   * process, it answers the first result and charges nothing. Default: a new one for each call, kept over its retries.
   */
  idempotencyKey?: string | undefined;
}

/** What can be said for waiting until a job has ended. */
export interface WaitOptions<Seen> {
  /** Called with every state of the job that is seen, the last one included. */
  onProgress?: ((job: Seen) => void) | undefined;
  /** Longest wait for the job to end. Default: 600 000, ten minutes. */
  timeoutMs?: number | undefined;
  /** Time before the second look; it grows by half from look to look, up to 5 s. Default: 1 000. */
  intervalMs?: number | undefined;
  /** Ends the wait with an AbortedError. The job goes on. */
  signal?: AbortSignal | undefined;
}

/** What can be said for a call that makes something: the call itself, and the wait if it takes longer than the answer. */
export interface MakeOptions<Seen> extends CallOptions {
  /** Called with every state of the job that is seen, should the call not be answered with its result. */
  onProgress?: ((job: Seen) => void) | undefined;
  /** Longest wait for the job after that. Default: 600 000, ten minutes. */
  waitTimeoutMs?: number | undefined;
}

/** What can be said for a list. */
export interface ListOptions {
  /** How many at most, newest first: 1 to 200. Default: 50. */
  limit?: number | undefined;
}

// config.ts

/** The longest delay that timers know; more would end at once. */
const TIMEOUT_MS_MAX = 2_147_483_647;
const RETRIES_MAX = 10;
const RETRIES_DEFAULT = 2;

/** A client's options, checked. */
interface Config {
  bases: Bases;
  authorization: string | null;
  timeoutMs: number | undefined;
  retries: number;
  fetch: typeof globalThis.fetch;
}

/** Checks a client's options and fills in what was not said. Throws TypeError or RangeError naming the option. */
function configure(options: ClientOptions): Config {
  return {
    bases: bases(options.baseUrl ?? DEFAULT_BASE_URL),
    authorization: options.apiKey === undefined ? null : `Bearer ${checkedKey(options.apiKey)}`,
    timeoutMs: checkedTimeoutMs(options.timeoutMs, "timeoutMs"),
    retries: checkedRetries(options.retries) ?? RETRIES_DEFAULT,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  };
}

/** A time limit that a timer can keep, or undefined. Throws RangeError. */
function checkedTimeoutMs(timeoutMs: number | undefined, name: string): number | undefined {
  if (timeoutMs === undefined || (timeoutMs > 0 && timeoutMs <= TIMEOUT_MS_MAX)) return timeoutMs;
  throw new RangeError(`${name} is more than 0 and at most ${TIMEOUT_MS_MAX}, not ${timeoutMs}.`);
}

/** A number of retries, or undefined. Throws RangeError. */
function checkedRetries(retries: number | undefined): number | undefined {
  if (retries === undefined || (Number.isInteger(retries) && retries >= 0 && retries <= RETRIES_MAX)) return retries;
  throw new RangeError(`retries is a whole number from 0 to ${RETRIES_MAX}, not ${retries}.`);
}

// What `fetch` throws for a header it cannot carry quotes the header: a key with a line break would end in a log.
function checkedKey(apiKey: string): string {
  const key = apiKey.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new TypeError("apiKey is empty or has characters that no key has. Leave it out to call as a guest.");
}

// http/path.ts

/** An id as a part of a URL. Throws TypeError for what would ask for something else, such as undefined or `..`. */
function segment(id: string): string {
  if (typeof id === "string" && /[^.]/.test(id)) return encodeURIComponent(id);
  throw new TypeError(`This is not an id: ${JSON.stringify(id)}`);
}

/** `?limit=` of a list; empty if nothing was said. */
function limited(limit: number | undefined): string {
  return limit === undefined ? "" : `?limit=${encodeURIComponent(limit)}`;
}

// errors/wokgen-error.ts

/** Marks our errors across copies of this module: one page or process may have loaded it as ESM and as CommonJS. */
const BRAND: unique symbol = Symbol.for("@wokspec/sdk error");

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

// errors/api-error.ts

/** The code of an answer that is not in the API's own shape: it comes from something in between, such as a proxy. */
const FOREIGN_CODE = "http_error";

/** What an ApiError is made of. */
interface ApiErrorDetails {
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

// http/retry-timing.ts

/** Longest wait before another attempt. Who asks for more, such as a quota that comes back tomorrow, gets none. */
const RETRY_WAIT_MS_MAX = 60_000;

const BACKOFF_MS_FIRST = 500;
const BACKOFF_MS_MAX = 8_000;

/**
 * How long to wait after the attempt numbered `attempt` (from 1) has failed; null if it is longer than anyone should be
 * held up. `askedMs` is the API's Retry-After, `dice` is in [0, 1): it spreads out clients that failed together.
 */
function retryDelayMs(attempt: number, dice: number, askedMs: number | null): number | null {
  if (askedMs !== null && askedMs > RETRY_WAIT_MS_MAX) return null;
  if (askedMs !== null && askedMs > 0) return askedMs * (1 + dice / 10);
  return Math.min(BACKOFF_MS_FIRST * 2 ** (attempt - 1), BACKOFF_MS_MAX) * (0.5 + dice / 2);
}

/** Milliseconds that a Retry-After header asks for, in seconds or as a date after `nowMs`; null without a usable one. */
function parseRetryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const asked = header.trim();
  if (/^\d+(\.\d+)?$/.test(asked)) return Number(asked) * 1_000;
  const dueMs = /[a-z]/i.test(asked) ? Date.parse(asked) : NaN;
  return Number.isNaN(dueMs) ? null : Math.max(dueMs - nowMs, 0);
}

// http/answer.ts

const MESSAGE_CHARS_MAX = 500;

type Fields = Record<string, unknown>;

/** An answer of 2xx. `value` is its JSON object; undefined for 204. */
interface Answer<Value> {
  status: number;
  value: Value;
}

/** Reads an answer. Throws ApiError for everything but 2xx, and for 2xx without a JSON object. */
function readAnswer<Value>(response: Response, text: string): Answer<Value> {
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

// errors/aborted-error.ts

/** The caller's `signal` was aborted; `cause` is its reason. A job that was accepted goes on: see `cancelJob`. */
export class AbortedError extends WokGenError {
  override readonly name = "AbortedError";

  constructor(signal: AbortSignal) {
    super("The call was aborted by its signal.", { cause: signal.reason });
  }
}

// errors/network-error.ts

/** The request had no answer: no connection, or one that broke. `cause` is what `fetch` threw. */
export class NetworkError extends WokGenError {
  override readonly name = "NetworkError";
}

// errors/timeout-error.ts

/** No answer within `timeoutMs`, or a job that did not end within it. */
export class TimeoutError extends WokGenError {
  override readonly name = "TimeoutError";
  /** The bound that was passed, in milliseconds. */
  readonly timeoutMs: number;

  constructor(message: string, timeoutMs: number) {
    super(message);
    this.timeoutMs = timeoutMs;
  }
}

// http/attempt.ts

/** One HTTP request, ready to be sent as often as needed. */
interface Prepared {
  url: string;
  method: string;
  headers: Headers;
  body: string | null;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** Sends a request once and reads the whole answer. Throws one of our errors. */
async function attempt<Value>(fetch: typeof globalThis.fetch, prepared: Prepared): Promise<Answer<Value>> {
  const { url, method, headers, body, timeoutMs, signal } = prepared;
  if (signal?.aborted) throw new AbortedError(signal);
  const stopper = new AbortController();
  const stop = (): void => stopper.abort();
  const timer = setTimeout(stop, timeoutMs);
  signal?.addEventListener("abort", stop, { once: true });
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { method, headers, body, signal: stopper.signal, redirect: "error" });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw new AbortedError(signal);
    if (stopper.signal.aborted) throw new TimeoutError(`No answer to ${method} ${url} in ${timeoutMs} ms.`, timeoutMs);
    throw new NetworkError(`No answer to ${method} ${url}.`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
  return readAnswer<Value>(response, text);
}

// http/idempotency-key.ts

/** A new Idempotency-Key. `crypto.randomUUID` is missing on pages that were not loaded over https. */
function newIdempotencyKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// http/pause.ts

/** Waits for `delayMs`. Throws AbortedError as soon as `signal` is aborted. */
function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
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

// errors/webhook-verification-error.ts

/** A webhook that is not signed with the secret, or too old, or not whole. Answer it with 400. */
export class WebhookVerificationError extends WokGenError {
  override readonly name = "WebhookVerificationError";
}

// errors/guards.ts

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

// http/transient.ts

const TRANSIENT_STATUSES: readonly number[] = [408, 429, 500, 503, 504];

/**
 * Whether the same request may do better later. 502 from the API itself is a provider's definite refusal; one that
 * something in between made says only that the API was not reached.
 */
function isTransient(error: unknown): boolean {
  if (isNetworkError(error) || isTimeoutError(error)) return true;
  if (!isApiError(error)) return false;
  return TRANSIENT_STATUSES.includes(error.status) || (error.status === 502 && error.code === FOREIGN_CODE);
}

/** Whether the request was certainly not carried out, so that even a call that must not run twice may be repeated. */
function isUntouched(error: unknown): boolean {
  return isApiError(error) && error.status === 429;
}

// http/send.ts

const TIMEOUT_MS_DEFAULT = 30_000;
/** The gateway holds a call that waits for up to 60 s. */
const TIMEOUT_MS_WAITING = 90_000;

/** One call of either API. */
interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  url: string;
  /** Sent as JSON, the same bytes in every attempt: the gateway compares them under an Idempotency-Key. */
  body?: object;
  /** Seconds for `Prefer: wait=N`. */
  waitS?: number | undefined;
  /** Whether the answer may be held until a job has ended. */
  held?: boolean;
  /** False for a call that must not run twice and knows no Idempotency-Key. */
  repeatable?: boolean;
}

/** Makes a call: attempts until one is answered, or fails for good, or has been repeated often enough. */
async function send<Value>(config: Config, call: Call, options: CallOptions = {}): Promise<Answer<Value>> {
  const prepared = prepare(config, call, options);
  const retries = checkedRetries(options.retries) ?? config.retries;
  const mayRepeat = call.repeatable === false ? isUntouched : isTransient;
  for (let attempts = 1;; attempts += 1) {
    try {
      return await attempt<Value>(config.fetch, prepared);
    } catch (error) {
      if (attempts > retries || !mayRepeat(error)) throw error;
      const delayMs = retryDelayMs(attempts, Math.random(), isApiError(error) ? error.retryAfterMs : null);
      if (delayMs === null) throw error;
      await pause(delayMs, options.signal);
    }
  }
}

function prepare(config: Config, call: Call, options: CallOptions): Prepared {
  const headers = new Headers({ Accept: "application/json" });
  if (config.authorization !== null) headers.set("Authorization", config.authorization);
  if (call.body !== undefined) headers.set("Content-Type", "application/json");
  if (call.waitS !== undefined) headers.set("Prefer", `wait=${call.waitS}`);
  if (call.method === "POST") headers.set("Idempotency-Key", options.idempotencyKey ?? newIdempotencyKey());
  const longest = call.held ? TIMEOUT_MS_WAITING : TIMEOUT_MS_DEFAULT;
  return {
    url: call.url,
    method: call.method,
    headers,
    body: call.body === undefined ? null : JSON.stringify(call.body),
    timeoutMs: checkedTimeoutMs(options.timeoutMs, "timeoutMs") ?? config.timeoutMs ?? longest,
    signal: options.signal,
  };
}

// schema.ts

// sha256:a8a1e7120ac8e95ee126c66425a7bf54d38342e8d819058c070d9f3e8ded4c36
/** The JSON of the API and its webhooks. Generated from the gateway's OpenAPI document by scripts/schema.mjs. */
interface Schemas {
  /** Who pays, and of which balance it is warned. */
  AccountEntry: {
    /** The account's id. */
    id: string;
    /** Whose it is. */
    name: string;
    /** Its plan: how much it may do at once, and in a day. */
    plan: string;
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** Below which balance it is warned; 0: never. */
    low_balance_cents: number;
  };
  /** One post: no status means no answer, and `error` says why. */
  AttemptEntry: {
    /** When it was posted. RFC 3339, UTC, milliseconds. */
    at: string;
    /** How long it took, in milliseconds. */
    duration_ms: number;
    /** The HTTP status of the answer; null: there was none. 100 to 999. */
    status: number | null;
    /** Why there was no answer. */
    error: string | null;
    /** The first characters of the answer's body. */
    answer: string | null;
  };
  /** GET /api/v1/balance: balance_cents = total_topup_cents - total_spent_cents, always. */
  Balance: {
    /** What can be spent: always `total_topup_cents - total_spent_cents`. */
    balance_cents: number;
    /** `balance_cents` in dollars, for display. */
    balance_usd: number;
    /** All top-ups. */
    total_topup_cents: number;
    /** All charges less all refunds; a generation counts from its 201 on. */
    total_spent_cents: number;
    /** Always USD. */
    currency: "USD";
  };
  /** An order took the balance below the account's threshold. Told once, until a top-up goes above it. */
  BalanceLow: {
    /** What happened; the same as `type`. */
    event: "balance.low";
    /** When it happened. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** What happened. */
    type: "balance.low";
    /** The event's id: what the header `webhook-id` says. */
    id: string;
    /** What is left. */
    balanceCents: number;
    /** The threshold that it is below now. */
    thresholdCents: number;
  };
  /** Body of PATCH /api/v1/account. */
  ChangeAccount: {
    /** Below which balance to be warned; 0: never. 0 to 100000000. */
    low_balance_cents: number;
  };
  /** Body of POST /api/v1/webhooks. No `events` means all. */
  CreateEndpoint: {
    /** Where to post: public, https, no user name, no fragment, port 80, 443 or from 1024 up. */
    url: string;
    /** Which events to post; empty or left out: all. */
    events?: ("generation.completed" | "generation.failed" | "balance.low" | "endpoint.disabled")[];
  };
  /** Body of POST /api/v1/generations. */
  CreateGeneration: {
    /**
     * Id of a model, from `GET /api/v1/models`.
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
     * @example google/nano-banana
     * @example stability/core
     * @example black-forest-labs/flux-dev
     * @example google/nano-banana-2-pro-1k
     * @example openai/gpt-image-2
     * @example runway/gen4-image-720p
     * @example stability/ultra
     * @example google/nano-banana-pro-2k
     * @example elevenlabs/seedream-5-pro
     * @example google/nano-banana-edit
     * @example black-forest-labs/flux-kontext-pro
     * @example openai/gpt-image-2-edit
     * @example nightmareai/real-esrgan
     * @example stability/fast-upscale
     * @example recraft/crisp-upscale
     * @example topaz/image-upscale
     * @example stability/conservative-upscale
     * @example luma/ray-flash-2-5s
     * @example kwaivgi/kling-2.5-turbo-5s
     * @example luma/ray-2-5s
     * @example kwaivgi/kling-3.0-5s
     * @example google/veo-3.1-fast
     * @example runway/gen-4.5-5s
     * @example google/veo-3.1-8s
     * @example hexgrad/kokoro
     * @example openai/gpt-4o-mini-tts
     * @example pollinations/voice
     * @example elevenlabs/multilingual-2-by-kie
     * @example elevenlabs/flash-2.5
     * @example runway/multilingual-2
     * @example meta/musicgen
     * @example suno/v5
     * @example stability/stable-audio-2.5
     * @example elevenlabs/music-2.5-30s
     * @example meta/llama-3.3-70b
     * @example qwen/qwen3-32b
     * @example pollinations/openai
     * @example openai/gpt-5-mini
     * @example anthropic/claude-haiku-4.5
     * @example own/text
     * @example meta/llama-3.3-70b-enhance
     * @example qwen/qwen3-32b-enhance
     * @example openai/gpt-5-mini-enhance
     * @example own/enhance
     * @example openai/gpt-5-mini-interrogate
     * @example meta/llama-4-scout-interrogate
     * @example qwen/qwen2.5-vl-7b-interrogate
     * @example pharmapsychotic/clip-interrogator
     */
    model: string;
    /** What to make. */
    prompt: string;
    /** What the model takes besides: see the fields of each model. */
    input?: Schemas["Input"] | null;
  };
  /** Body of POST /api/v1/keys. */
  CreateKey: {
    /** Whose prefix it gets: `wf_live_` or `wok_`. */
    kind?: "wokgen" | "wowflow";
  };
  /** What became of an event at an endpoint. `state` is pending, delivered or dead. */
  DeliveryEntry: {
    /** The delivery's id. */
    id: string;
    /** The event's id: what the header `webhook-id` says. */
    event: string;
    /**
     * What happened.
     * @example generation.completed
     */
    type: string;
    /** The generation that ended; null: the event is of something else. */
    generation_id: string | null;
    /** `dead` is given up. */
    state: "pending" | "delivered" | "dead";
    /** When the event happened. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** Every post so far, the first one first. */
    attempts: Schemas["AttemptEntry"][];
  };
  /** Another endpoint of the account was switched off: it answered 410, or every attempt failed for five days. */
  EndpointDisabled: {
    /** What happened; the same as `type`. */
    event: "endpoint.disabled";
    /** When it happened. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** What happened. */
    type: "endpoint.disabled";
    /** The event's id: what the header `webhook-id` says. */
    id: string;
    /** The endpoint that was switched off. */
    endpointId: string;
    /** Where its events were posted. */
    url: string;
    /** Why, for people. */
    reason: string;
    /** Since when nothing was delivered there. RFC 3339, UTC, milliseconds. */
    failingSince: string;
  };
  /** An endpoint; its secret is shown once, when it is created or replaced. */
  EndpointEntry: {
    /** The endpoint's id. */
    id: string;
    /** Where events are posted. */
    url: string;
    /** Which events are posted. */
    events: string[];
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** Signs what is posted. Shown once, when it is made. */
    secret?: string;
    /** Until when the secret before signs too. RFC 3339, UTC, milliseconds. */
    old_secret_until?: string;
    /** Since when every attempt failed, if they do. RFC 3339, UTC, milliseconds. */
    failing_since?: string;
    /** When it was switched off, if it was. RFC 3339, UTC, milliseconds. */
    disabled_at?: string;
    /** Why it was switched off. */
    disabled_why?: string;
  };
  /** Everything an enhancing model may take; a catalogue entry names what its model does take. */
  EnhanceInput: {
    /** A mode by its name; a known one styles the prompt. */
    mode?: string | null;
    /** How many. 1 to 5. */
    count?: number | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** Better prompts; `enhanced` is the first of `variations`. */
  EnhanceJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "enhance";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The better prompt: the first of `variations`. */
    enhanced?: string;
    /** All better prompts. */
    variations?: string[];
  };
  /** POST /api/prompt/enhance. */
  EnhanceRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What to make better. */
    prompt: string;
    /** What it is for, such as `pixel`; a known mode styles the prompt. */
    mode?: string | null;
    /** How many to give. 1 to 5. */
    count?: number | null;
    /** Any integer. The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** A generation is done; its result can be fetched. */
  GenerationCompleted: {
    /** What happened; the same as `type`. */
    event: "generation.completed";
    /** What happened. */
    type: "generation.completed";
    /** How it ended. */
    status: "completed";
    /** The generation's id as the camelCase API writes it. */
    jobId: string;
    /** Of an image: the first result, or null after a failure. */
    imageUrl?: string | null;
    /** Of a video: the first result, or null after a failure. */
    videoUrl?: string | null;
    /** Of a voice or music: the first result, or null after a failure. */
    audioUrl?: string | null;
    /** Of a text: the result, or null after a failure. */
    text?: string | null;
    /** The prompt as it was sent. */
    prompt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The generation's id. */
    id: string;
    /**
     * What is made: one of the kinds of model.
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
    /** Id of the model that was asked for. */
    model: string;
    /** Who made it; null: nobody did. */
    provider: string | null;
    /** All results. */
    urls: string[];
    /** What was charged. */
    costCents: number;
    /** What was given back. */
    refundedCents: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    completedAt: string;
    /** There, and true, when the body would be too long: read the whole by `id`. */
    truncated?: true;
  };
  /** A generation. `status` is processing, completed or failed; `stage` says more while it is processing. */
  GenerationEntry: {
    /** The generation's id. */
    id: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** Id of the model that was asked for. */
    model: string;
    /** The price while it is processing; what was charged once it has ended: 0 after a refund. */
    cost_cents: number;
    /** `cost_cents` in dollars, for display. */
    cost_usd: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /**
     * What is made: one of the kinds of model.
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
    /** Who makes it. */
    provider: string;
    /**
     * Where it is, in more detail than `status`; there may be more words for it one day.
     * @example backlog
     * @example queued
     * @example submitting
     * @example pending
     * @example uncertain
     * @example completed
     * @example failed
     */
    stage: string;
    /** What was given back. */
    refunded_cents: number;
    /** How many are before it, while it waits. */
    queue_position?: number;
    /** The first result. */
    result_url?: string;
    /** All results. */
    result_urls?: string[];
    /** The result of a kind whose result is text. */
    result_text?: string;
    /** When the results are deleted here. RFC 3339, UTC, milliseconds. */
    expires_at?: string;
    /** When its provider deletes a result that could not be copied here: fetch it before. Absent otherwise. RFC 3339, UTC, milliseconds. */
    result_expires_at?: string;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completed_at?: string;
    /** What the provider finished after the refund; not charged. */
    late_urls?: string[];
    /** Why it failed, for people. */
    error?: string;
    /** Why it failed, for programs. */
    error_code?: string;
  };
  /** A generation failed and was refunded. */
  GenerationFailed: {
    /** What happened; the same as `type`. */
    event: "generation.failed";
    /** What happened. */
    type: "generation.failed";
    /** How it ended. */
    status: "failed";
    /** Why it failed, for people. */
    error: string | null;
    /** Why it failed, for programs. */
    errorCode: string | null;
    /** The generation's id as the camelCase API writes it. */
    jobId: string;
    /** Of an image: the first result, or null after a failure. */
    imageUrl?: string | null;
    /** Of a video: the first result, or null after a failure. */
    videoUrl?: string | null;
    /** Of a voice or music: the first result, or null after a failure. */
    audioUrl?: string | null;
    /** Of a text: the result, or null after a failure. */
    text?: string | null;
    /** The prompt as it was sent. */
    prompt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The generation's id. */
    id: string;
    /**
     * What is made: one of the kinds of model.
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
    /** Id of the model that was asked for. */
    model: string;
    /** Who made it; null: nobody did. */
    provider: string | null;
    /** All results. */
    urls: string[];
    /** What was charged. */
    costCents: number;
    /** What was given back. */
    refundedCents: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    completedAt: string;
    /** There, and true, when the body would be too long: read the whole by `id`. */
    truncated?: true;
  };
  /** Everything an image model may take; a catalogue entry names what its model does take. */
  ImageInput: {
    /** Pixels. 64 to 2048. */
    width?: number | null;
    /** Pixels. 64 to 2048. */
    height?: number | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
    /** What should not be there. */
    negative_prompt?: string | null;
    /** `auto`, or a ratio such as `16:9`. */
    aspect_ratio?: string | null;
    /** A style by its name. */
    style?: string | null;
    /** Pictures to work from: https URLs, or data URLs as far as the body's limit goes. */
    image_urls?: string[] | null;
    /** How many. 1 to 4. */
    count?: number | null;
    /** How much effort to take. */
    quality?: ("hd" | "standard") | null;
    /** A mode by its name; a known one styles the prompt. */
    mode?: string | null;
    /** A tool by its name. */
    tool?: string | null;
  };
  /** A picture. */
  ImageJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "image";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The first picture. */
    imageUrl?: string;
    /** All pictures. */
    imageUrls?: string[];
    /** Pixels; null: not known. */
    width?: number | null;
    /** Pixels; null: not known. */
    height?: number | null;
    /** What it was drawn with; sent again with the same prompt and size, it draws the same. */
    seed?: number;
  };
  /** POST /api/generate: a picture. */
  ImageRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What to draw. */
    prompt: string;
    /** What it is for, such as `pixel`; a known mode styles the prompt. */
    mode?: string | null;
    /** A tool by its name. */
    tool?: string | null;
    /** Pixels. 64 to 2048. */
    width?: number | null;
    /** Pixels. 64 to 2048. */
    height?: number | null;
    /** Any integer. The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
    /** How much effort to take. */
    quality?: ("hd" | "standard") | null;
    /** What should not be there. */
    negativePrompt?: string | null;
  };
  /** What a model takes besides the prompt. Which of the fields, and within which limits, depends on the model: see Models. A field that is null counts as absent. */
  Input:
    | Schemas["ImageInput"]
    | Schemas["VideoInput"]
    | Schemas["TextInput"]
    | Schemas["VoiceInput"]
    | Schemas["MusicInput"]
    | Schemas["UpscaleInput"]
    | Schemas["InterrogateInput"]
    | Schemas["EnhanceInput"];
  /** Everything an interrogating model may take; a catalogue entry names what its model does take. */
  InterrogateInput: {
    /** A picture to work from: an https URL, or a data URL as far as the body's limit goes. */
    image_url?: string | null;
  };
  /** Words for a picture; `prompt` is made of them. */
  InterrogateJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "interrogate";
    /** Words that could have made the picture; empty until it is completed. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The picture in a sentence. */
    caption?: string;
    /** The picture in single words. */
    tags?: string[];
  };
  /** POST /api/tools/interrogate. */
  InterrogateRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** The picture: an https URL, a data: URL with PNG, JPEG, WebP or GIF in base64, or the URL of one of our own. */
    imageUrl: string;
  };
  /** An active key; the key itself is shown once, when it is made. */
  KeyEntry: {
    /** The key's id. */
    id: string;
    /** Whose prefix it has. */
    kind: "wowflow" | "wokgen";
    /** Its prefix and its last four characters. */
    hint: string;
    /** When it was made. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The key. Shown once, in the answer that makes it. */
    key?: string;
  };
  /** One entry of GET /api/v1/models. */
  ModelEntry: {
    /** What to send as `model`. */
    id: string;
    /** For people. */
    name: string;
    /**
     * What is made: one of the kinds of model.
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
    /** What one generation costs. */
    price_cents: number;
    /** `price_cents` in dollars, for display. */
    price_usd: number;
    /** Of the output, such as `1K`. */
    resolution: string | null;
    /** Of the output, in seconds. */
    duration_sec: number | null;
  };
  /** Everything a music model may take; a catalogue entry names what its model does take. */
  MusicInput: {
    /** How long it is. 1 to 300. */
    seconds?: number | null;
    /** How closely the words are followed. 0 to 20. */
    guidance?: number | null;
    /** Of the file. */
    format?: ("mp3" | "wav") | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** Music. */
  MusicJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "music";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The sound. */
    audioUrl?: string;
    /**
     * Of the file.
     * @example wav
     * @example mp3
     */
    format?: string;
    /** How long it is, in seconds; null: not known. */
    duration?: number | null;
  };
  /** POST /api/music/generate. */
  MusicRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What to play. */
    prompt: string;
    /** Seconds. 1 to 300. */
    duration?: number | null;
    /** How closely the words are followed. 0 to 20. */
    guidance?: number | null;
    /** Of the file. */
    format?: ("mp3" | "wav") | null;
    /** Any integer. The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** Body of POST /api/v1/webhooks/{id}/replay. */
  ReplayEvents: {
    /** What happened from then on. */
    since: string;
    /** `failed`: given up. `missing`: never posted there. */
    which: "failed" | "missing";
    /** Where to go on: what the last answer said. */
    next?: number;
  };
  /** Everything a text model may take; a catalogue entry names what its model does take. */
  TextInput: {
    /** What kind of text, such as `product-desc`. */
    type?: string | null;
    /** How it sounds, such as `professional`. */
    tone?: string | null;
    /** How long it is. */
    length?: ("long" | "medium" | "short") | null;
    /** How many words at most. 1 to 4000. */
    words_max?: number | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** A text. */
  TextJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "text";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The text. */
    content?: string;
    /** How many words it has. */
    wordCount?: number;
    /** How many characters it has. */
    charCount?: number;
  };
  /** POST /api/text/generate. */
  TextRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What to write. */
    prompt: string;
    /** What kind of text, such as `product-desc`. */
    type?: string | null;
    /** How it sounds, such as `professional`. */
    tone?: string | null;
    /** How long it is. */
    length?: ("long" | "medium" | "short") | null;
    /** Any integer. The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
    /** A preference for a model. */
    model?: string | null;
  };
  /** One movement of money; the amount is signed. `type` is topup, spend or refund. */
  Transaction: {
    /** What kind of movement it is. */
    type: "topup" | "spend" | "refund";
    /** Signed: what a generation costs is negative. */
    amount_cents: number;
    /** `amount_cents` in dollars, for display. */
    amount_usd: number;
    /** When it was booked. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The generation of a spend or refund. */
    generation_id: string | null;
    /** The reference of a top-up. */
    reference: string | null;
  };
  /** Everything an upscaling model may take; a catalogue entry names what its model does take. */
  UpscaleInput: {
    /** A picture to work from: an https URL, or a data URL as far as the body's limit goes. */
    image_url?: string | null;
    /** How many times larger. */
    scale?: (2 | 4) | null;
    /** A preference for how it is done, such as `real-esrgan`. */
    engine?: string | null;
  };
  /** A larger picture. */
  UpscaleJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "upscale";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The larger picture. */
    imageUrl?: string;
    /** Pixels; null: not known. */
    width?: number | null;
    /** Pixels; null: not known. */
    height?: number | null;
    /** Of the picture that was sent, in pixels; null: not known. */
    originalWidth?: number | null;
    /** Of the picture that was sent, in pixels; null: not known. */
    originalHeight?: number | null;
    /** How many times larger; null: not known. */
    scale?: number | null;
  };
  /** POST /api/tools/upscale. */
  UpscaleRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** The picture: an https URL, a data: URL with PNG, JPEG, WebP or GIF in base64, or the URL of one of our own. */
    imageUrl: string;
    /** How many times larger. */
    scale?: (2 | 4) | null;
    /** A preference for how it is done, such as `real-esrgan`. */
    model?: string | null;
  };
  /** Everything a video model may take; a catalogue entry names what its model does take. */
  VideoInput: {
    /** Pixels. 64 to 1920. */
    width?: number | null;
    /** Pixels. 64 to 1920. */
    height?: number | null;
    /** How long it is. 1 to 30. */
    seconds?: number | null;
    /** Frames a second. 1 to 60. */
    fps?: number | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
    /** What should not be there. */
    negative_prompt?: string | null;
    /** A picture to work from: an https URL, or a data URL as far as the body's limit goes. */
    image_url?: string | null;
    /** `auto`, or a ratio such as `16:9`. */
    aspect_ratio?: string | null;
  };
  /** A film. */
  VideoJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "video";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The film. */
    videoUrl?: string;
    /** How long it is, in milliseconds; null: not known. */
    durationMs?: number | null;
  };
  /** Everything a voice model may take; a catalogue entry names what its model does take. */
  VoiceInput: {
    /** A voice by its name. */
    voice_id?: string | null;
    /** 1 is the voice's own. 0.25 to 4. */
    speed?: number | null;
    /** Of the file. */
    format?: ("mp3" | "wav") | null;
    /** Such as `en` or `de`. */
    language?: string | null;
  };
  /** Speech. */
  VoiceJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "voice";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The sound. */
    audioUrl?: string;
    /**
     * Of the file.
     * @example wav
     * @example mp3
     */
    format?: string;
    /** How long it is, in milliseconds; null: not known. */
    durationMs?: number | null;
    /** The voice that was asked for. */
    voiceId?: string;
  };
  /** POST /api/voice/generate. */
  VoiceRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What is said. */
    text: string;
    /** A voice by its name. */
    voiceId?: string | null;
    /** 1 is the voice's own. 0.25 to 4. */
    speed?: number | null;
    /** Of the file. */
    format?: ("mp3" | "wav") | null;
    /** Such as `en` or `de`. */
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

/** A generation: look at `status` first. */
export type Generation = Schemas["GenerationEntry"];

/** `GET /api/v1/balance` */
export type Balance = Schemas["Balance"];

/** One movement of money. */
export type Transaction = Schemas["Transaction"];

/** Where events are posted. */
export type WebhookEndpoint = Schemas["EndpointEntry"];

/** Body of `POST /api/v1/webhooks`. */
export type CreateEndpoint = Schemas["CreateEndpoint"];

/** What to post again: `failed` is what was given up, `missing` what was never posted there. */
export interface ReplayEvents {
  /** What happened from then on. */
  since: Date | string | number;
  /** Which of it. */
  which: Schemas["ReplayEvents"]["which"];
}

/** The account that a key speaks for. */
export type Account = Schemas["AccountEntry"];

/** An active key, by its prefix and last four characters. */
export type ApiKey = Schemas["KeyEntry"];

/** What became of an event at an endpoint. */
export type WebhookDelivery = Schemas["DeliveryEntry"];

// webhooks/endpoints.ts

/** The account's webhook endpoints: `/api/v1/webhooks`. */
class WebhookEndpoints {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Adds an endpoint. Keep the `secret` of this answer for `verifyWebhook`: it is not shown again. */
  create(body: CreateEndpoint, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#call({ method: "POST", url: "", body, repeatable: false }, options);
  }

  /** All endpoints, oldest first. */
  async list(options?: CallOptions): Promise<WebhookEndpoint[]> {
    return (await this.#call<{ data: WebhookEndpoint[] }>({ method: "GET", url: "" }, options)).data;
  }

  /** Removes an endpoint. */
  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/${segment(id)}` }, options);
  }

  /** What was posted to an endpoint, newest first, with every attempt. */
  async deliveries(id: string, { limit }: ListOptions = {}, options?: CallOptions): Promise<WebhookDelivery[]> {
    const url = `/${segment(id)}/deliveries${limited(limit)}`;
    return (await this.#call<{ data: WebhookDelivery[] }>({ method: "GET", url }, options)).data;
  }

  /** Switches an endpoint on again that answered 410 or failed for five days. */
  enable(id: string, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#call({ method: "POST", url: `/${segment(id)}/enable` }, options);
  }

  /** Replaces an endpoint's secret. Keep the new `secret` of this answer; for 24 hours both sign every post. */
  rotate(id: string, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#call({ method: "POST", url: `/${segment(id)}/rotate`, repeatable: false }, options);
  }

  /** Posts a delivery once more, whatever became of it; one that waits for its next attempt, at once. */
  async redeliver(id: string, deliveryId: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "POST", url: `/${segment(id)}/deliveries/${segment(deliveryId)}/redeliver` }, options);
  }

  /** Posts what an endpoint did not get since then, all of it. Gives how many are on their way. */
  async replay(id: string, { since, which }: ReplayEvents, options?: CallOptions): Promise<number> {
    const asked = { since: new Date(since).toISOString(), which };
    let queued = 0;
    for (let next: number | undefined = 0; next !== undefined;) {
      const call: Call = { method: "POST", url: `/${segment(id)}/replay`, body: { ...asked, next } };
      const part: { queued: number; next?: number } = await this.#call(call, options);
      queued += part.queued;
      next = part.next;
    }
    return queued;
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    const url = `${this.#config.bases.wowflow}/webhooks${call.url}`;
    return (await send<Value>(this.#config, { ...call, url }, options)).value;
  }
}

// wokgen/inputs.ts

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

// wokgen/results.ts

/** What the jobs of each kind may tell. */
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

/** What can be made. */
export type Kind = keyof Shapes;

/** A job that has ended well always tells these fields. */
type Completed<K extends Kind, Told extends keyof Shapes[K]> =
  & Shapes[K]
  & { status: "completed"; completedAt: string }
  & Required<Pick<Shapes[K], Told>>;

/** A picture. */
export type ImageResult = Completed<"image", "imageUrl" | "imageUrls" | "width" | "height">;

/** A film. The WokGen API only reads these: they are ordered with `client.wowflow`. */
export type VideoResult = Completed<"video", "videoUrl" | "durationMs">;

/** A text. */
export type TextResult = Completed<"text", "content" | "wordCount" | "charCount">;

/** Speech. */
export type VoiceResult = Completed<"voice", "audioUrl" | "format" | "durationMs" | "voiceId">;

/** Music. */
export type MusicResult = Completed<"music", "audioUrl" | "format" | "duration">;

/** A larger picture. */
export type UpscaleResult = Completed<
  "upscale",
  "imageUrl" | "width" | "height" | "originalWidth" | "originalHeight" | "scale"
>;

/** What a picture shows; `prompt` is one that would draw it. */
export type InterrogateResult = Completed<"interrogate", "caption" | "tags">;

/** A better prompt. */
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

// wokgen/jobs.ts

/** A job that has not ended. */
export type ProcessingJob<K extends Kind = Kind> = Shapes[K] & { status: "processing" };

/** A job that failed; it costs nothing. */
export type FailedJob<K extends Kind = Kind> = Shapes[K] & { status: "failed"; error: string; code: string };

/** A job that has ended well: the same as what its call would have answered. */
export type CompletedJob<K extends Kind = Kind> = Results[K];

/** `GET /api/jobs/{jobId}`: look at `status`, then at `kind`. */
export type Job<K extends Kind = Kind> = ProcessingJob<K> | CompletedJob<K> | FailedJob<K>;

// jobs/failure.ts

/** The error of a job that was found to have failed: as if its call had waited for it. */
function failure(jobId: string, code: string | undefined, message: string | undefined): ApiError {
  const error = new ApiError({ status: 502, code: code ?? "failed", message: message ?? "The job failed." });
  error.jobId = jobId;
  return error;
}

// jobs/poll-timing.ts

const INTERVAL_MS_MAX = 5_000;
const GROWTH = 1.5;

/** How long to wait after look number `looks` (from 1): `intervalMs` first, growing, up to 5 s; a little less by `dice`. */
function pollDelayMs(looks: number, intervalMs: number, dice: number): number {
  const grownMs = intervalMs * GROWTH ** (looks - 1);
  return Math.min(grownMs, Math.max(INTERVAL_MS_MAX, intervalMs)) * (1 - dice / 10);
}

// jobs/poll.ts

const WAIT_MS_DEFAULT = 600_000;
const INTERVAL_MS_DEFAULT = 1_000;
const LOOK_MS_MAX = 30_000;

interface Stated {
  status: string;
}

/** Something that ends: how to read it, and what is known of it. */
interface Polled<Seen extends Stated> {
  id: string;
  known: Seen | null;
  read: (options: CallOptions) => Promise<Seen>;
}

/** Looks until it has ended. A look that fails in a way that may pass is made again; whatever is thrown names the id. */
async function poll<Seen extends Stated>(polled: Polled<Seen>, options: WaitOptions<Seen>): Promise<Seen> {
  const timeoutMs = checkedTimeoutMs(options.timeoutMs, "timeoutMs") ?? WAIT_MS_DEFAULT;
  const intervalMs = checkedTimeoutMs(options.intervalMs, "intervalMs") ?? INTERVAL_MS_DEFAULT;
  const deadlineMs = performance.now() + timeoutMs;
  const leftMs = (): number => Math.max(deadlineMs - performance.now(), 1);
  const look = (): Promise<Look<Seen>> =>
    lookAt(polled, { signal: options.signal, retries: 0, timeoutMs: Math.min(leftMs(), LOOK_MS_MAX) });
  try {
    let { seen, askedMs } = polled.known === null ? await look() : { seen: polled.known, askedMs: 0 };
    for (let looks = 1;; looks += 1) {
      if (seen !== null) options.onProgress?.(seen);
      if (seen !== null && hasEnded(seen)) return seen;
      await pause(Math.min(Math.max(pollDelayMs(looks, intervalMs, Math.random()), askedMs), leftMs()), options.signal);
      if (performance.now() >= deadlineMs) {
        throw new TimeoutError(`${polled.id} has not ended within ${timeoutMs} ms.`, timeoutMs);
      }
      ({ seen, askedMs } = await look());
    }
  } catch (error) {
    if (isWokGenError(error)) error.jobId ??= polled.id;
    throw error;
  }
}

/** What a look saw: nothing if it failed, and then how long the API asked to wait. */
interface Look<Seen> {
  seen: Seen | null;
  askedMs: number;
}

async function lookAt<Seen extends Stated>(
  polled: Polled<Seen>,
  options: CallOptions,
): Promise<Look<Seen>> {
  try {
    return { seen: await polled.read(options), askedMs: 0 };
  } catch (error) {
    if (!isTransient(error)) throw error;
    return { seen: null, askedMs: (isApiError(error) && error.retryAfterMs) || 0 };
  }
}

// A status of a later version is still running.
function hasEnded({ status }: Stated): boolean {
  return status === "completed" || status === "failed";
}

// wokgen/wait-for-job.ts

/** Reads a job. */
async function readJob(config: Config, jobId: string, options?: CallOptions): Promise<Job> {
  const url = `${config.bases.wokgen}/jobs/${segment(jobId)}`;
  return (await send<Job>(config, { method: "GET", url }, options)).value;
}

/** The job once it is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
async function waitForJob(
  config: Config,
  job: string | Job,
  options: WaitOptions<Job> = {},
): Promise<CompletedJob> {
  const [id, known] = typeof job === "string" ? [job, null] : [job.jobId, job];
  const ended = await poll({ id, known, read: (look) => readJob(config, id, look) }, options);
  if (ended.status === "failed") throw failure(id, ended.code, ended.error);
  return ended as CompletedJob;
}

// wokgen/make.ts

/** What the bodies of all calls that make something have in common. */
interface Asked {
  async?: boolean | null;
}

/** A call that makes something of a kind: answers its result, or with `async: true` the job as it is. */
export interface Make<Input extends Asked, K extends Kind> {
  (input: Input & { async?: false }, options?: MakeOptions<Job>): Promise<Results[K]>;
  (input: Input & { async: boolean }, options?: MakeOptions<Job>): Promise<Results[K] | ProcessingJob<K>>;
}

/** The call at `path`. What takes longer than the gateway holds an answer is waited for here. */
function maker<Input extends Asked, K extends Kind>(config: Config, path: string): Make<Input, K> {
  async function make(input: Input, options: MakeOptions<Job> = {}): Promise<Results[K] | ProcessingJob<K>> {
    const url = config.bases.wokgen + path;
    const held = input.async !== true;
    const answer = await send<Results[K] | ProcessingJob<K>>(
      config,
      { method: "POST", url, body: input, held },
      options,
    );
    const { status } = answer.value as Job<K>;
    if (input.async === true || (status !== "processing" && status !== "failed")) return answer.value;
    const { signal, onProgress, waitTimeoutMs: timeoutMs } = options;
    return await waitForJob(config, answer.value, { signal, onProgress, timeoutMs }) as Results[K];
  }
  return make as Make<Input, K>;
}

// wowflow/account.ts

/** The account of the client's key, and its other keys: `/api/v1/account` and `/api/v1/keys`. */
class OwnAccount {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Whose key this is. */
  read(options?: CallOptions): Promise<Account> {
    return this.#call({ method: "GET", url: "/account" }, options);
  }

  /** Says below which balance the account's webhooks get `balance.low`; 0 is never. */
  change(body: Schemas["ChangeAccount"], options?: CallOptions): Promise<Account> {
    return this.#call({ method: "PATCH", url: "/account", body }, options);
  }

  /** The active keys, oldest first. */
  async keys(options?: CallOptions): Promise<ApiKey[]> {
    return (await this.#call<{ data: ApiKey[] }>({ method: "GET", url: "/keys" }, options)).data;
  }

  /** Makes a key. Keep the `key` of this answer: it is not shown again. */
  createKey(body: Schemas["CreateKey"] = {}, options?: CallOptions): Promise<ApiKey & { key: string }> {
    return this.#call({ method: "POST", url: "/keys", body, repeatable: false }, options);
  }

  /** Stops a key at once. */
  async revokeKey(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/keys/${segment(id)}` }, options);
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    return (await send<Value>(this.#config, { ...call, url: this.#config.bases.wowflow + call.url }, options)).value;
  }
}

// wowflow/wait-for-generation.ts

/** The generation once it is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
async function waitForGeneration(
  read: (id: string, options: CallOptions) => Promise<Generation>,
  generation: string | Generation,
  options: WaitOptions<Generation> = {},
): Promise<Generation> {
  const [id, known] = typeof generation === "string" ? [generation, null] : [generation.id, generation];
  const ended = await poll({ id, known, read: (look) => read(id, look) }, options);
  if (ended.status === "failed") throw failure(id, ended.error_code, ended.error);
  return ended;
}

// wowflow/wowflow.ts

/** What can be said for ordering a generation. */
export interface CreateOptions extends CallOptions {
  /** Have the answer held until the generation ends, for 1 to 60 seconds: `Prefer: wait=N`. */
  waitS?: number | undefined;
}

/** The WOWFLOW API, with its documented field names. Lists are answered as arrays, newest first. */
class Wowflow {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Every model that can be ordered, with its price: `GET /api/v1/models`. */
  models(options?: CallOptions): Promise<Model[]> {
    return this.#list("/models", options);
  }

  /** Orders a generation; charged at once, refunded if it fails: `POST /api/v1/generations`. */
  async createGeneration(body: CreateGeneration, options: CreateOptions = {}): Promise<Generation> {
    const { waitS } = options;
    return await this.#call({ method: "POST", url: "/generations", body, waitS, held: waitS !== undefined }, options);
  }

  /** Reads a generation: `GET /api/v1/generations?id=`. */
  async generation(id: string, options?: CallOptions): Promise<Generation> {
    return await this.#call({ method: "GET", url: `/generations?id=${segment(id)}` }, options);
  }

  /** The account's newest generations: `GET /api/v1/generations`. */
  generations({ limit }: ListOptions = {}, options?: CallOptions): Promise<Generation[]> {
    return this.#list(`/generations${limited(limit)}`, options);
  }

  /** What is left to spend: `GET /api/v1/balance`. */
  balance(options?: CallOptions): Promise<Balance> {
    return this.#call({ method: "GET", url: "/balance" }, options);
  }

  /** What moved money: `GET /api/v1/transactions`. */
  transactions({ limit }: ListOptions = {}, options?: CallOptions): Promise<Transaction[]> {
    return this.#list(`/transactions${limited(limit)}`, options);
  }

  /** Stops a generation, refunded in full unless a provider has it already: `DELETE /api/v1/generations?id=`. */
  async cancel(id: string, options?: CallOptions): Promise<Generation> {
    return await this.#call({ method: "DELETE", url: `/generations?id=${segment(id)}` }, options);
  }

  /** The generation once it is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
  waitFor(generation: string | Generation, options?: WaitOptions<Generation>): Promise<Generation> {
    return waitForGeneration((id, look) => this.generation(id, look), generation, options);
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    const url = this.#config.bases.wowflow + call.url;
    return (await send<Value>(this.#config, { ...call, url }, options)).value;
  }

  async #list<Entry>(url: string, options?: CallOptions): Promise<Entry[]> {
    return (await this.#call<{ data: Entry[] }>({ method: "GET", url }, options)).data;
  }
}

// client.ts

/**
 * A client of one deployment. The calls of the WokGen API are its own, those of the WOWFLOW API are under `wowflow`;
 * a key of either kind works for both. Also exported as `Client`.
 */
export class WokGenClient {
  /** Makes a picture: `POST /api/generate`. */
  readonly generate: Make<GenerateInput, "image">;
  /** Writes: `POST /api/text/generate`. */
  readonly generateText: Make<TextInput, "text">;
  /** Speaks: `POST /api/voice/generate`. */
  readonly generateVoice: Make<VoiceInput, "voice">;
  /** Composes: `POST /api/music/generate`. */
  readonly generateMusic: Make<MusicInput, "music">;
  /** Enlarges a picture: `POST /api/tools/upscale`. */
  readonly upscale: Make<UpscaleInput, "upscale">;
  /** Says what a picture shows: `POST /api/tools/interrogate`. */
  readonly interrogate: Make<InterrogateInput, "interrogate">;
  /** Makes a prompt better: `POST /api/prompt/enhance`. */
  readonly enhancePrompt: Make<EnhanceInput, "enhance">;
  /** The WOWFLOW API: models with prices, generations paid from the balance. */
  readonly wowflow: Wowflow;
  /** Where the account's webhooks go. */
  readonly webhooks: WebhookEndpoints;
  /** The account of the key, and its other keys. */
  readonly account: OwnAccount;
  readonly #config: Config;

  constructor(options: ClientOptions = {}) {
    const config = configure(options);
    this.generate = maker(config, "/generate");
    this.generateText = maker(config, "/text/generate");
    this.generateVoice = maker(config, "/voice/generate");
    this.generateMusic = maker(config, "/music/generate");
    this.upscale = maker(config, "/tools/upscale");
    this.interrogate = maker(config, "/tools/interrogate");
    this.enhancePrompt = maker(config, "/prompt/enhance");
    this.wowflow = new Wowflow(config);
    this.webhooks = new WebhookEndpoints(config);
    this.account = new OwnAccount(config);
    this.#config = config;
  }

  /** Reads a job: `GET /api/jobs/{jobId}`. */
  job(jobId: string, options?: CallOptions): Promise<Job> {
    return readJob(this.#config, jobId, options);
  }

  /** The account's newest jobs: `GET /api/jobs`. */
  async jobs({ limit }: ListOptions = {}, options?: CallOptions): Promise<Job[]> {
    const url = `${this.#config.bases.wokgen}/jobs${limited(limit)}`;
    return (await send<{ jobs: Job[] }>(this.#config, { method: "GET", url }, options)).value.jobs;
  }

  /** Stops a job, at no cost unless a provider has it already: `POST /api/jobs/{jobId}/cancel`. */
  async cancelJob(jobId: string, options?: CallOptions): Promise<Job> {
    const url = `${this.#config.bases.wokgen}/jobs/${segment(jobId)}/cancel`;
    return (await send<Job>(this.#config, { method: "POST", url }, options)).value;
  }

  /** The job once it is completed. Throws ApiError if it failed, TimeoutError if it takes longer than `timeoutMs`. */
  waitFor<K extends Kind>(job: Job & { kind: K }, options?: WaitOptions<Job>): Promise<CompletedJob<K>>;
  waitFor(jobId: string, options?: WaitOptions<Job>): Promise<CompletedJob>;
  waitFor(job: string | Job, options?: WaitOptions<Job>): Promise<CompletedJob> {
    return waitForJob(this.#config, job, options);
  }
}

// webhooks/events.ts

/** A generation is done. Of `imageUrl`, `videoUrl`, `audioUrl` and `text` the one of its kind is there. */
export type GenerationCompletedEvent = Schemas["GenerationCompleted"];

/** A generation failed and was refunded. */
export type GenerationFailedEvent = Schemas["GenerationFailed"];

/** An order took the balance below the account's threshold. */
export type BalanceLowEvent = Schemas["BalanceLow"];

/** Another endpoint of the account was switched off because it kept failing. */
export type EndpointDisabledEvent = Schemas["EndpointDisabled"];

/** Body of a webhook: look at `event`. There may be more events one day. */
export type WebhookEvent = GenerationCompletedEvent | GenerationFailedEvent | BalanceLowEvent | EndpointDisabledEvent;

// webhooks/headers.ts

/** Headers as a server has them. */
export type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A header's value, whatever the case of its name; null if it is not there. */
function headerOf(headers: HeadersLike, name: string): string | null {
  if (isHeaders(headers)) return headers.get(name);
  const found = Object.keys(headers).find((key) => key.toLowerCase() === name);
  const value = found === undefined ? undefined : headers[found];
  return value === undefined ? null : typeof value === "string" ? value : value.join(" ");
}

// Servers bring `Headers` of their own that are not instances of the global one.
function isHeaders(headers: HeadersLike): headers is Headers {
  return typeof (headers as Headers).get === "function";
}

// webhooks/signature.ts

const SECRET_PREFIX = "whsec_";
const VERSION = "v1,";
/** A sender signs with one secret, or two during a rotation. */
const SIGNATURES_MAX = 16;

/** Whether any of a `webhook-signature` header's signatures is of these bytes. */
type Verify = (header: string, signed: ArrayBuffer) => Promise<boolean>;

/** What verifies with a secret, `whsec_` and base64. Web Crypto compares in constant time. Throws TypeError. */
async function verifier(secret: string): Promise<Verify> {
  const bytes = secret.startsWith(SECRET_PREFIX) ? decoded(secret.slice(SECRET_PREFIX.length)) : null;
  if (bytes === null || bytes.byteLength === 0) throw new TypeError("A webhook secret is whsec_ and base64.");
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return async (header, signed) => {
    const checked = signatures(header).map((signature) => crypto.subtle.verify("HMAC", key, signature, signed));
    return (await Promise.all(checked)).includes(true);
  };
}

/** Bytes one after the other, in a buffer of their own. */
function joined(...parts: readonly Uint8Array[]): ArrayBuffer {
  const whole = new ArrayBuffer(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    new Uint8Array(whole, place).set(part);
    place += part.length;
  }
  return whole;
}

// A version that is not known here is no error: a sender may sign in several.
function signatures(header: string): ArrayBuffer[] {
  const known = header.split(" ").filter((entry) => entry.startsWith(VERSION)).slice(0, SIGNATURES_MAX);
  return known.map((entry) => decoded(entry.slice(VERSION.length)) ?? new ArrayBuffer(0));
}

function decoded(base64: string): ArrayBuffer | null {
  try {
    return joined(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}

// webhooks/verify-webhook.ts

const TOLERANCE_S_DEFAULT = 300;

/** What a webhook brought, and what to check it with. */
export interface WebhookDelivered {
  /** The endpoint's secret, `whsec_...`; during a rotation the old and the new one. */
  secret: string | readonly string[];
  /** The request's headers: a `Headers`, or an object as Node's `request.headers`. */
  headers: HeadersLike;
  /** The request's body exactly as it came: parsing and writing it again would break the signature. */
  body: string | Uint8Array | ArrayBuffer;
  /** How old, or how far in the future, the signature may be, in seconds. Default: 300. */
  toleranceS?: number | undefined;
  /** The time it is, in Unix milliseconds. Default: now. */
  nowMs?: number | undefined;
}

/**
 * The event of a webhook that was signed with the secret, as Standard Webhooks 1.0 has it. Throws
 * WebhookVerificationError if it was not; TypeError for a secret that is none. An event may come more than once: the
 * header `webhook-id` is the same every time.
 */
export async function verifyWebhook(delivered: WebhookDelivered): Promise<WebhookEvent> {
  const { secret, headers, body, toleranceS = TOLERANCE_S_DEFAULT, nowMs = Date.now() } = delivered;
  const verifiers = await Promise.all((typeof secret === "string" ? [secret] : secret).map(verifier));
  const id = required(headers, "webhook-id", /^[^.\s]+$/);
  const timestamp = required(headers, "webhook-timestamp", /^\d{1,12}$/);
  const signatures = required(headers, "webhook-signature", /./);
  if (!(Math.abs(nowMs / 1_000 - Number(timestamp)) <= toleranceS)) {
    throw new WebhookVerificationError("webhook-timestamp is too far from now.");
  }
  const bytes = bytesOf(body);
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const matches = await Promise.all(verifiers.map((verify) => verify(signatures, signed)));
  if (!matches.includes(true)) throw new WebhookVerificationError("No signature is of this secret and body.");
  return eventIn(bytes);
}

function required(headers: HeadersLike, name: string, shape: RegExp): string {
  const value = headerOf(headers, name);
  if (value === null || !shape.test(value)) {
    throw new WebhookVerificationError(`${name} is ${value === null ? "missing" : "malformed"}.`);
  }
  return value;
}

function bytesOf(body: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (Object.prototype.toString.call(body) === "[object ArrayBuffer]") return new Uint8Array(body);
  throw new TypeError("body is the request's body as it came: text or bytes, not parsed JSON.");
}

function eventIn(bytes: Uint8Array): WebhookEvent {
  try {
    const event: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof event === "object" && event !== null && "event" in event) return event as WebhookEvent;
  } catch (error) {
    throw new WebhookVerificationError("The body is signed, but it is not JSON.", { cause: error });
  }
  throw new WebhookVerificationError("The body is signed, but it is no event.");
}

export { WokGenClient as Client };

export type { OwnAccount, WebhookEndpoints, Wowflow };
