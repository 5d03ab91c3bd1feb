import { type Config, validateTimeoutMs } from "../config.ts";
import { isApiError } from "../errors.ts";
import { encodeId } from "../http/request.ts";
import { retry, send } from "../http/send.ts";
import type { CallOptions } from "../options.ts";
import type { Upload } from "./types.ts";

const UPLOAD_MS_DEFAULT = 300_000;

/** Upload a file for an input, and return it once it is checked. */
export async function uploadFile(
  config: Config,
  file: Blob | ArrayBuffer | Uint8Array,
  options: CallOptions,
): Promise<Upload> {
  const body = file instanceof Blob ? file : new Blob([file as ArrayBuffer | Uint8Array<ArrayBuffer>]);
  const url = `${config.baseUrls.wowflow}/uploads`;
  const made = (await send<Upload>(config, { method: "POST", url, body: { size_bytes: body.size } }, options)).value;
  const read = async (): Promise<Upload> =>
    (await send<Upload>(config, { method: "GET", url: `${url}/${encodeId(made.id)}` }, options)).value;
  // The URL may be that of a bucket: it must not get the API key.
  const put = {
    url: String(made.upload_url),
    method: "PUT",
    headers: new Headers(),
    body,
    signal: options.signal,
    timeoutMs: validateTimeoutMs(options.timeoutMs, "timeoutMs") ?? config.timeoutMs ?? UPLOAD_MS_DEFAULT,
  };
  try {
    await retry<void>(config, put, options);
  } catch (error) {
    if (!isApiError(error) || error.status !== 409) throw error;
    const stored = await read(); // an earlier attempt may have stored it, and its response was lost
    if (stored.status !== "ready") throw error;
    return stored;
  }
  return await read();
}
