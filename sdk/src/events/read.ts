import type { Config } from "../config.ts";
import { AbortedError, isApiError, NetworkError } from "../errors.ts";
import { parseResponse } from "../http/response.ts";
import { EventDecoder, type ReceivedEvent } from "./decode.ts";

/** A stream is broken if nothing comes for three heartbeats. */
const SILENCE_MS_MAX = 45_000;

/** Yield the events of one response. Throws NetworkError if it breaks; returns if there are no more. */
export async function* readEvents(
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
