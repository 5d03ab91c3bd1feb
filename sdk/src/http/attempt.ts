import { AbortedError } from "../errors/aborted-error.ts";
import { NetworkError } from "../errors/network-error.ts";
import { TimeoutError } from "../errors/timeout-error.ts";
import { type Answer, readAnswer } from "./answer.ts";

/** One HTTP request, ready to be sent as often as needed. */
export interface Prepared {
  url: string;
  method: string;
  headers: Headers;
  body: string | null;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** Sends a request once and reads the whole answer. Throws one of our errors. */
export async function attempt<Value>(fetch: typeof globalThis.fetch, prepared: Prepared): Promise<Answer<Value>> {
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
