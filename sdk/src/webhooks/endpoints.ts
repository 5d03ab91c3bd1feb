import type { Config } from "../config.ts";
import { limited, segment } from "../http/path.ts";
import { type Call, send } from "../http/send.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import type { CreateEndpoint, WebhookDelivery, WebhookEndpoint } from "../wowflow/types.ts";

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

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    const url = `${this.#config.bases.wowflow}/webhooks${call.url}`;
    return (await send<Value>(this.#config, { ...call, url }, options)).value;
  }
}
