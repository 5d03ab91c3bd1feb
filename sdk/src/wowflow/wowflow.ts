import type { Config } from "../config.ts";
import { limited, segment } from "../http/path.ts";
import { type Call, send } from "../http/send.ts";
import type { CallOptions, ListOptions, WaitOptions } from "../options.ts";
import type { Balance, CreateGeneration, Generation, Model, Transaction } from "./types.ts";
import { waitForGeneration } from "./wait-for-generation.ts";

/** What can be said for ordering a generation. */
export interface CreateOptions extends CallOptions {
  /** Have the answer held until the generation ends, for 1 to 60 seconds: `Prefer: wait=N`. */
  waitS?: number | undefined;
}

/** The WOWFLOW API, with its documented field names. Lists are answered as arrays, newest first. */
export class Wowflow {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Every model that can be ordered, with its price: `GET /api/v1/models`. */
  models(options?: CallOptions): Promise<Model[]> {
    return this.#list("/models", options);
  }

  /** Orders a generation; charged at once, refunded if it fails: `POST /api/v1/generations`. */
  async createGeneration(body: CreateGeneration, options: CreateOptions = {}): Promise<Generation> {
    const { waitS } = options;
    return await this.#call({ method: "POST", url: "/generations", body, waitS, held: waitS !== undefined }, options);
  }

  /** Reads a generation: `GET /api/v1/generations?id=`. */
  async generation(id: string, options?: CallOptions): Promise<Generation> {
    return await this.#call({ method: "GET", url: `/generations?id=${segment(id)}` }, options);
  }

  /** The account's newest generations: `GET /api/v1/generations`. */
  generations({ limit }: ListOptions = {}, options?: CallOptions): Promise<Generation[]> {
    return this.#list(`/generations${limited(limit)}`, options);
  }

  /** What is left to spend: `GET /api/v1/balance`. */
  balance(options?: CallOptions): Promise<Balance> {
    return this.#call({ method: "GET", url: "/balance" }, options);
  }

  /** What moved money: `GET /api/v1/transactions`. */
  transactions({ limit }: ListOptions = {}, options?: CallOptions): Promise<Transaction[]> {
    return this.#list(`/transactions${limited(limit)}`, options);
  }

  /** Stops a generation, refunded in full unless a provider has it already: `DELETE /api/v1/generations?id=`. */
  async cancel(id: string, options?: CallOptions): Promise<Generation> {
    return await this.#call({ method: "DELETE", url: `/generations?id=${segment(id)}` }, options);
  }

  /** The generation once it is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
  waitFor(generation: string | Generation, options?: WaitOptions<Generation>): Promise<Generation> {
    return waitForGeneration((id, look) => this.generation(id, look), generation, options);
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    const url = this.#config.bases.wowflow + call.url;
    return (await send<Value>(this.#config, { ...call, url }, options)).value;
  }

  async #list<Entry>(url: string, options?: CallOptions): Promise<Entry[]> {
    return (await this.#call<{ data: Entry[] }>({ method: "GET", url }, options)).data;
  }
}
