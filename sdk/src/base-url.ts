/** Where the documented service is. */
export const DEFAULT_BASE_URL = "https://wokgen.wokspec.org/api";

/** The two APIs of one deployment, without a slash at the end. */
export interface Bases {
  wokgen: string;
  wowflow: string;
}

/** Both bases from either's, or from a bare host. Throws TypeError if it is not an http or https URL. */
export function bases(baseUrl: string): Bases {
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
