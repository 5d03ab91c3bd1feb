import type { Schemas } from "../schema.ts";

/** A generation is done. Of `imageUrl`, `videoUrl`, `audioUrl` and `text` the one of its kind is there. */
export type GenerationCompletedEvent = Schemas["GenerationCompleted"];

/** A generation failed and was refunded. */
export type GenerationFailedEvent = Schemas["GenerationFailed"];

/** An order took the balance below the account's threshold. */
export type BalanceLowEvent = Schemas["BalanceLow"];

/** Another endpoint of the account was switched off because it kept failing. */
export type EndpointDisabledEvent = Schemas["EndpointDisabled"];

/** Body of a webhook: look at `event`. There may be more events one day. */
export type WebhookEvent = GenerationCompletedEvent | GenerationFailedEvent | BalanceLowEvent | EndpointDisabledEvent;
