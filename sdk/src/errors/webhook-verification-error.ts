import { WokGenError } from "./wokgen-error.ts";

/** A webhook that is not signed with the secret, or too old, or not whole. Answer it with 400. */
export class WebhookVerificationError extends WokGenError {
  override readonly name = "WebhookVerificationError";
}
