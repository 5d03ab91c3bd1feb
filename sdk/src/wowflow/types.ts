import type { Schemas } from "../schema.ts";

/** One entry of `GET /api/v1/models`. */
export type Model = Schemas["ModelEntry"];

/** Body of `POST /api/v1/generations`. `input` may have fields that are newer than this client. */
export type CreateGeneration = Omit<Schemas["CreateGeneration"], "input"> & {
  input?: Schemas["Input"] | Record<string, unknown> | null;
};

/** A generation: look at `status` first. */
export type Generation = Schemas["GenerationEntry"];

/** `GET /api/v1/balance` */
export type Balance = Schemas["Balance"];

/** One movement of money. */
export type Transaction = Schemas["Transaction"];

/** Where events are posted. */
export type WebhookEndpoint = Schemas["EndpointEntry"];

/** Body of `POST /api/v1/webhooks`. */
export type CreateEndpoint = Schemas["CreateEndpoint"];

/** What to post again: `failed` is what was given up, `missing` what was never posted there. */
export interface ReplayEvents {
  /** What happened from then on. */
  since: Date | string | number;
  /** Which of it. */
  which: Schemas["ReplayEvents"]["which"];
}

/** The account that a key speaks for. */
export type Account = Schemas["AccountEntry"];

/** An active key, by its prefix and last four characters. */
export type ApiKey = Schemas["KeyEntry"];

/** What became of an event at an endpoint. */
export type WebhookDelivery = Schemas["DeliveryEntry"];
