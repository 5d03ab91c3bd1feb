import { WokGenError } from "./wokgen-error.ts";

/** The request had no answer: no connection, or one that broke. `cause` is what `fetch` threw. */
export class NetworkError extends WokGenError {
  override readonly name = "NetworkError";
}
