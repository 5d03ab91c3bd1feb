import { WokGenError } from "./wokgen-error.ts";

/** No answer within `timeoutMs`, or a job that did not end within it. */
export class TimeoutError extends WokGenError {
  override readonly name = "TimeoutError";
  /** The bound that was passed, in milliseconds. */
  readonly timeoutMs: number;

  constructor(message: string, timeoutMs: number) {
    super(message);
    this.timeoutMs = timeoutMs;
  }
}
