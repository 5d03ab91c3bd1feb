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
