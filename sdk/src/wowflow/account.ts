import type { Config } from "../config.ts";
import { segment } from "../http/path.ts";
import { type Call, send } from "../http/send.ts";
import type { CallOptions } from "../options.ts";
import type { Schemas } from "../schema.ts";
import type { Account, ApiKey } from "./types.ts";

/** The account of the client's key, and its other keys: `/api/v1/account` and `/api/v1/keys`. */
export class OwnAccount {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Whose key this is. */
  read(options?: CallOptions): Promise<Account> {
    return this.#call({ method: "GET", url: "/account" }, options);
  }

  /** Says below which balance the account's webhooks get `balance.low`; 0 is never. */
  change(body: Schemas["ChangeAccount"], options?: CallOptions): Promise<Account> {
    return this.#call({ method: "PATCH", url: "/account", body }, options);
  }

  /** The active keys, oldest first. */
  async keys(options?: CallOptions): Promise<ApiKey[]> {
    return (await this.#call<{ data: ApiKey[] }>({ method: "GET", url: "/keys" }, options)).data;
  }

  /** Makes a key. Keep the `key` of this answer: it is not shown again. */
  createKey(body: Schemas["CreateKey"] = {}, options?: CallOptions): Promise<ApiKey & { key: string }> {
    return this.#call({ method: "POST", url: "/keys", body, repeatable: false }, options);
  }

  /** Stops a key at once. */
  async revokeKey(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/keys/${segment(id)}` }, options);
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    return (await send<Value>(this.#config, { ...call, url: this.#config.bases.wowflow + call.url }, options)).value;
  }
}
