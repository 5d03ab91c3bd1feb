import type { Schemas } from "../schema.ts";

/** A generation is done. Of `imageUrl`, `videoUrl`, `audioUrl` and `text` the one of its kind is there. */
export type GenerationCompletedEvent = Schemas["GenerationCompleted"];

/** A generation failed and was refunded. */
export type GenerationFailedEvent = Schemas["GenerationFailed"];

/** What the other events have in common. */
interface EventHead<Name extends string> {
  event: Name;
  /** The same as `event`. */
  type: Name;
  /** RFC 3339, UTC. */
  timestamp: string;
  /** The event's id. */
  id: string;
}

/** The balance fell below the account's threshold. */
export interface BalanceLowEvent extends EventHead<"balance.low"> {
  balanceCents: number;
  thresholdCents: number;
}

/** Another endpoint of the account was switched off because it kept failing. */
export interface EndpointDisabledEvent extends EventHead<"endpoint.disabled"> {
  endpointId: string;
  url: string;
  reason: string;
  failingSince: string;
}

/** Body of a webhook: look at `event`. There may be more events one day. */
export type WebhookEvent = GenerationCompletedEvent | GenerationFailedEvent | BalanceLowEvent | EndpointDisabledEvent;
