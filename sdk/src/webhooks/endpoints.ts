import type { Config } from "../config.ts";
import { limited, segment } from "../http/path.ts";
import { type Call, send } from "../http/send.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import type { CreateEndpoint, ReplayEvents, WebhookDelivery, WebhookEndpoint } from "../wowflow/types.ts";

/** The account's webhook endpoints: `/api/v1/webhooks`. */
export class WebhookEndpoints {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Adds an endpoint. Keep the `secret` of this answer for `verifyWebhook`: it is not shown again. */
  create(body: CreateEndpoint, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#call({ method: "POST", url: "", body, repeatable: false }, options);
  }

  /** All endpoints, oldest first. */
  async list(options?: CallOptions): Promise<WebhookEndpoint[]> {
    return (await this.#call<{ data: WebhookEndpoint[] }>({ method: "GET", url: "" }, options)).data;
  }

  /** Removes an endpoint. */
  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/${segment(id)}` }, options);
  }

  /** What was posted to an endpoint, newest first, with every attempt. */
  async deliveries(id: string, { limit }: ListOptions = {}, options?: CallOptions): Promise<WebhookDelivery[]> {
    const url = `/${segment(id)}/deliveries${limited(limit)}`;
    return (await this.#call<{ data: WebhookDelivery[] }>({ method: "GET", url }, options)).data;
  }

  /** Switches an endpoint on again that answered 410 or failed for five days. */
  enable(id: string, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#call({ method: "POST", url: `/${segment(id)}/enable` }, options);
  }

  /** Replaces an endpoint's secret. Keep the new `secret` of this answer; for 24 hours both sign every post. */
  rotate(id: string, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#call({ method: "POST", url: `/${segment(id)}/rotate`, repeatable: false }, options);
  }

  /** Posts a delivery once more, whatever became of it; one that waits for its next attempt, at once. */
  async redeliver(id: string, deliveryId: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "POST", url: `/${segment(id)}/deliveries/${segment(deliveryId)}/redeliver` }, options);
  }

  /** Posts what an endpoint did not get since then, all of it. Gives how many are on their way. */
  async replay(id: string, { since, which }: ReplayEvents, options?: CallOptions): Promise<number> {
    const asked = { since: new Date(since).toISOString(), which };
    let queued = 0;
    for (let next: number | undefined = 0; next !== undefined;) {
      const call: Call = { method: "POST", url: `/${segment(id)}/replay`, body: { ...asked, next } };
      const part: { queued: number; next?: number } = await this.#call(call, options);
      queued += part.queued;
      next = part.next;
    }
    return queued;
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    const url = `${this.#config.bases.wowflow}/webhooks${call.url}`;
    return (await send<Value>(this.#config, { ...call, url }, options)).value;
  }
}
