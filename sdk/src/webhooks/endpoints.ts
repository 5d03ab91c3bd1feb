import type { Config } from "../config.ts";
import { type Call, encodeId, limitQuery } from "../http/request.ts";
import { send } from "../http/send.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import type { CreateEndpoint, ReplayEvents, WebhookDelivery, WebhookEndpoint } from "../wowflow/types.ts";

/** The account's webhook endpoints: `/api/v1/webhooks`. */
export class WebhookEndpoints {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Add an endpoint. Save the `secret` for `verifyWebhook`: it is shown only in this response. */
  create(body: CreateEndpoint, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#call({ method: "POST", url: "", body, repeatable: false }, options);
  }

  /** List all endpoints, oldest first. */
  async list(options?: CallOptions): Promise<WebhookEndpoint[]> {
    return (await this.#call<{ data: WebhookEndpoint[] }>({ method: "GET", url: "" }, options)).data;
  }

  /** Delete an endpoint. */
  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/${encodeId(id)}` }, options);
  }

  /** List an endpoint's deliveries, newest first, with every attempt. */
  async deliveries(id: string, { limit }: ListOptions = {}, options?: CallOptions): Promise<WebhookDelivery[]> {
    const url = `/${encodeId(id)}/deliveries${limitQuery(limit)}`;
    return (await this.#call<{ data: WebhookDelivery[] }>({ method: "GET", url }, options)).data;
  }

  /** Enable an endpoint that was disabled because it responded with 410 or failed for five days. */
  enable(id: string, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#call({ method: "POST", url: `/${encodeId(id)}/enable` }, options);
  }

  /** Replace an endpoint's secret. Save the new `secret` of this response. For 24 hours both secrets sign every post. */
  rotate(id: string, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#call({ method: "POST", url: `/${encodeId(id)}/rotate`, repeatable: false }, options);
  }

  /** Post a delivery again, in whatever state it is. A pending one is posted at once. */
  async redeliver(id: string, deliveryId: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "POST", url: `/${encodeId(id)}/deliveries/${encodeId(deliveryId)}/redeliver` }, options);
  }

  /** Post all events again that an endpoint missed since a time. Returns how many are queued. */
  async replay(id: string, { since, which }: ReplayEvents, options?: CallOptions): Promise<number> {
    const selection = { since: new Date(since).toISOString(), which };
    let queued = 0;
    for (let next: number | undefined = 0; next !== undefined;) {
      const call: Call = { method: "POST", url: `/${encodeId(id)}/replay`, body: { ...selection, next } };
      const page: { queued: number; next?: number } = await this.#call(call, options);
      queued += page.queued;
      next = page.next;
    }
    return queued;
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    const url = `${this.#config.baseUrls.wowflow}/webhooks${call.url}`;
    return (await send<Value>(this.#config, { ...call, url }, options)).value;
  }
}
