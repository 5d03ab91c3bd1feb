import type { Schemas } from "../schema.ts";

/** One entry of `GET /api/v1/models`. */
export type Model = Schemas["ModelEntry"];

/** Body of `POST /api/v1/generations`. `input` may have fields that are newer than this client. */
export type CreateGeneration = Omit<Schemas["CreateGeneration"], "input"> & {
  input?: Schemas["Input"] | Record<string, unknown> | null;
};

/** A generation. Check `status` first. */
export type Generation = Schemas["GenerationEntry"];

/** Response of `GET /api/v1/balance`. */
export type Balance = Schemas["Balance"];

/** The price of an order. */
export type Quote = Schemas["Quote"];

/** A file that inputs name by its `url`. */
export type Upload = Schemas["UploadEntry"];

/** Sums of usage, by a value that generations have in common. */
export type Usage = Schemas["Usage"];

/** One entry of the account's ledger. */
export type Transaction = Schemas["Transaction"];

/** A URL that events are posted to. */
export type WebhookEndpoint = Schemas["EndpointEntry"];

/** Body of `POST /api/v1/webhooks`. */
export type CreateEndpoint = Schemas["CreateEndpoint"];

/** The events to post again: `failed` deliveries, or events that were never posted to the endpoint (`missing`). */
export interface ReplayEvents {
  /** The time of the oldest event. */
  since: Date | string | number;
  /** Which events. */
  which: Schemas["ReplayEvents"]["which"];
}

/** The account of an API key. */
export type Account = Schemas["AccountEntry"];

/** An active key, with its prefix and last four characters. */
export type ApiKey = Schemas["KeyEntry"];

/** The delivery of an event to an endpoint. */
export type WebhookDelivery = Schemas["DeliveryEntry"];
