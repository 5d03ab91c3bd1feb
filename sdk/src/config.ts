import type { ClientOptions } from "./options.ts";

// Empty in the npm package. A gateway fills in its own URL when it serves this client as one file.
const BASE_URL_DEFAULT: string = "";
/** The longest delay that timers support. A longer one would fire at once. */
const TIMEOUT_MS_MAX = 2_147_483_647;
const RETRIES_MAX = 10;
const RETRIES_DEFAULT = 2;

/** The base URLs of a deployment's two APIs, without a slash at the end. */
export interface BaseUrls {
  wokgen: string;
  wowflow: string;
}

/** A client's options after validation. */
export interface Config {
  baseUrls: BaseUrls;
  authorization: string | null;
  timeoutMs: number | undefined;
  retries: number;
  fetch: typeof globalThis.fetch;
}

/** Validate a client's options and fill in defaults. Throws TypeError or RangeError that names the option. */
export function configure(options: ClientOptions): Config {
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
export function parseBaseUrl(baseUrl: string): BaseUrls {
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
export function validateTimeoutMs(timeoutMs: number | undefined, name: string): number | undefined {
  if (timeoutMs === undefined || (timeoutMs > 0 && timeoutMs <= TIMEOUT_MS_MAX)) return timeoutMs;
  throw new RangeError(`${name} must be greater than 0 and at most ${TIMEOUT_MS_MAX}, not ${timeoutMs}.`);
}

/** Return a number of retries, or undefined. Throws RangeError. */
export function validateRetries(retries: number | undefined): number | undefined {
  if (retries === undefined || (Number.isInteger(retries) && retries >= 0 && retries <= RETRIES_MAX)) return retries;
  throw new RangeError(`retries must be a whole number from 0 to ${RETRIES_MAX}, not ${retries}.`);
}

// When `fetch` cannot send a header, its error quotes the header. A key with a line break would end up in a log.
function validateApiKey(apiKey: string): string {
  const key = apiKey.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new TypeError("apiKey is empty or has invalid characters. Leave it out to call as a guest.");
}
