import type { Config } from "../config.ts";
import { isApiError } from "../errors.ts";
import { isTransient, retryDelayMs } from "../http/retry.ts";
import { sleep } from "../http/sleep.ts";
import { readEvents } from "./read.ts";
import type { StreamedEvent } from "./types.ts";

/** Options of a stream of events. */
export interface FollowOptions {
  /** Ends the stream with an AbortedError. The generations continue. */
  signal?: AbortSignal | undefined;
  /** The id of the last event that an earlier stream gave. Default: from now on, or all events of one generation. */
  lastEventId?: string | undefined;
}

/** Yield the events at a URL. A stream that breaks is resumed behind its last event. Ends with the generation's end. */
export async function* followEvents(
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
