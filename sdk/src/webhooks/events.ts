import type { Schemas } from "../schema.ts";

/** A generation is completed. It has the one of `imageUrl`, `videoUrl`, `audioUrl` and `text` that its kind has. */
export type GenerationCompletedEvent = Schemas["GenerationCompleted"];

/** A generation failed and was refunded. */
export type GenerationFailedEvent = Schemas["GenerationFailed"];

/** A generation's price took the balance below the account's threshold. */
export type BalanceLowEvent = Schemas["BalanceLow"];

/** Another endpoint of the account was disabled because it failed for too long. */
export type EndpointDisabledEvent = Schemas["EndpointDisabled"];

/** Body of a webhook. Check `event` first; later versions may add events. */
export type WebhookEvent = GenerationCompletedEvent | GenerationFailedEvent | BalanceLowEvent | EndpointDisabledEvent;
