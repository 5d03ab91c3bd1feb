import { type Bases, bases, DEFAULT_BASE_URL } from "./base-url.ts";
import type { ClientOptions } from "./options.ts";

/** The longest delay that timers know; more would end at once. */
const TIMEOUT_MS_MAX = 2_147_483_647;
const RETRIES_MAX = 10;
const RETRIES_DEFAULT = 2;

/** A client's options, checked. */
export interface Config {
  bases: Bases;
  authorization: string | null;
  timeoutMs: number | undefined;
  retries: number;
  fetch: typeof globalThis.fetch;
}

/** Checks a client's options and fills in what was not said. Throws TypeError or RangeError naming the option. */
export function configure(options: ClientOptions): Config {
  return {
    bases: bases(options.baseUrl ?? DEFAULT_BASE_URL),
    authorization: options.apiKey === undefined ? null : `Bearer ${checkedKey(options.apiKey)}`,
    timeoutMs: checkedTimeoutMs(options.timeoutMs, "timeoutMs"),
    retries: checkedRetries(options.retries) ?? RETRIES_DEFAULT,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  };
}

/** A time limit that a timer can keep, or undefined. Throws RangeError. */
export function checkedTimeoutMs(timeoutMs: number | undefined, name: string): number | undefined {
  if (timeoutMs === undefined || (timeoutMs > 0 && timeoutMs <= TIMEOUT_MS_MAX)) return timeoutMs;
  throw new RangeError(`${name} is more than 0 and at most ${TIMEOUT_MS_MAX}, not ${timeoutMs}.`);
}

/** A number of retries, or undefined. Throws RangeError. */
export function checkedRetries(retries: number | undefined): number | undefined {
  if (retries === undefined || (Number.isInteger(retries) && retries >= 0 && retries <= RETRIES_MAX)) return retries;
  throw new RangeError(`retries is a whole number from 0 to ${RETRIES_MAX}, not ${retries}.`);
}

// What `fetch` throws for a header it cannot carry quotes the header: a key with a line break would end in a log.
function checkedKey(apiKey: string): string {
  const key = apiKey.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new TypeError("apiKey is empty or has characters that no key has. Leave it out to call as a guest.");
}
