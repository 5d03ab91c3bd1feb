/** An id as a part of a URL. Throws TypeError for what would ask for something else, such as undefined or `..`. */
export function segment(id: string): string {
  if (typeof id === "string" && /[^.]/.test(id)) return encodeURIComponent(id);
  throw new TypeError(`This is not an id: ${JSON.stringify(id)}`);
}

/** `?limit=` of a list; empty if nothing was said. */
export function limited(limit: number | undefined): string {
  return limit === undefined ? "" : `?limit=${encodeURIComponent(limit)}`;
}
