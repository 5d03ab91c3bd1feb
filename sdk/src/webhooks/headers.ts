/** Headers as a server has them. */
export type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A header's value, whatever the case of its name; null if it is not there. */
export function headerOf(headers: HeadersLike, name: string): string | null {
  if (isHeaders(headers)) return headers.get(name);
  const found = Object.keys(headers).find((key) => key.toLowerCase() === name);
  const value = found === undefined ? undefined : headers[found];
  return value === undefined ? null : typeof value === "string" ? value : value.join(" ");
}

// Servers bring `Headers` of their own that are not instances of the global one.
function isHeaders(headers: HeadersLike): headers is Headers {
  return typeof (headers as Headers).get === "function";
}
