import { WokGenError } from "./wokgen-error.ts";

/** The caller's `signal` was aborted; `cause` is its reason. A job that was accepted goes on: see `cancelJob`. */
export class AbortedError extends WokGenError {
  override readonly name = "AbortedError";

  constructor(signal: AbortSignal) {
    super("The call was aborted by its signal.", { cause: signal.reason });
  }
}
