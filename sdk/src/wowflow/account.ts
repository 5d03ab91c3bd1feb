import type { Config } from "../config.ts";
import { type Call, encodeId } from "../http/request.ts";
import { send } from "../http/send.ts";
import type { CallOptions } from "../options.ts";
import type { Schemas } from "../schema.ts";
import type { Account, ApiKey } from "./types.ts";

/** The account of the client's API key, and its other keys: `/api/v1/account` and `/api/v1/keys`. */
export class OwnAccount {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Read the account. */
  read(options?: CallOptions): Promise<Account> {
    return this.#call({ method: "GET", url: "/account" }, options);
  }

  /** Set the low-balance alert: below this balance the account's webhooks get `balance.low`. 0 turns it off. */
  change(body: Schemas["ChangeAccount"], options?: CallOptions): Promise<Account> {
    return this.#call({ method: "PATCH", url: "/account", body }, options);
  }

  /** List the active keys, oldest first. */
  async keys(options?: CallOptions): Promise<ApiKey[]> {
    return (await this.#call<{ data: ApiKey[] }>({ method: "GET", url: "/keys" }, options)).data;
  }

  /** Create a key. Save the `key`: it is shown only in this response. */
  createKey(body: Schemas["CreateKey"] = {}, options?: CallOptions): Promise<ApiKey & { key: string }> {
    return this.#call({ method: "POST", url: "/keys", body, repeatable: false }, options);
  }

  /** Revoke a key. It stops working at once. */
  async revokeKey(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/keys/${encodeId(id)}` }, options);
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    return (await send<Value>(this.#config, { ...call, url: this.#config.baseUrls.wowflow + call.url }, options)).value;
  }
}
