import { AbortedError, NetworkError, TimeoutError } from "../errors.ts";
import type { PreparedRequest } from "./request.ts";
import { type ApiResponse, parseResponse } from "./response.ts";

/** Send a request once and read the whole response. Throws a WokGenError. */
export async function sendOnce<Value>(
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
