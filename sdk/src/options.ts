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
