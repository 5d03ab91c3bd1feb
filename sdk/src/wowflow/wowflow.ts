import type { Config } from "../config.ts";
import type { StreamedEvent } from "../events/types.ts";
import { followEvents, type FollowOptions } from "../events/follow.ts";
import { type Call, encodeId, limitQuery } from "../http/request.ts";
import { send } from "../http/send.ts";
import type { CallOptions, ListOptions, UsageFilters, WaitOptions } from "../options.ts";
import { poll, toJobError } from "../poll.ts";
import type { Receipt, ReceiptKeys } from "../receipts/verify-receipt.ts";
import type { Balance, CreateGeneration, Generation, Model, Quote, Transaction, Upload, Usage } from "./types.ts";
import { uploadFile } from "./uploads.ts";

/** Options for creating a generation. */
export interface CreateOptions extends CallOptions {
  /** Let the gateway hold the response until the generation ends, for 1 to 55 seconds: `Prefer: wait=N`. */
  waitS?: number | undefined;
}

/** The WOWFLOW API, with its documented field names. Lists are arrays, newest first. */
export class Wowflow {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** List the available models with their prices: `GET /api/v1/models`. */
  models(options?: CallOptions): Promise<Model[]> {
    return this.#list("/models", options);
  }

  /** Create a generation. It is charged at once, and refunded if it fails: `POST /api/v1/generations`. */
  async createGeneration(body: CreateGeneration, options: CreateOptions = {}): Promise<Generation> {
    const { waitS } = options;
    return await this.#call({ method: "POST", url: "/generations", body, waitS, waits: waitS !== undefined }, options);
  }

  /** Compute the price of an order. Nothing is charged: `POST /api/v1/generations/quote`. */
  quote(body: CreateGeneration, options?: CallOptions): Promise<Quote> {
    return this.#call({ method: "POST", url: "/generations/quote", body }, options);
  }

  /** Upload a file. Its `url` goes into `input`: `POST /api/v1/uploads`, the file, and `GET` until it is checked. */
  upload(file: Blob | ArrayBuffer | Uint8Array, options: CallOptions = {}): Promise<Upload> {
    return uploadFile(this.#config, file, options);
  }

  /** Delete an upload and its file: `DELETE /api/v1/uploads/{id}`. */
  async deleteUpload(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: "DELETE", url: `/uploads/${encodeId(id)}` }, options);
  }

  /** Iterate over the events of a generation until its end: `GET /api/v1/generations/{id}/events`. */
  follow(generation: string | Generation, options: FollowOptions = {}): AsyncGenerator<StreamedEvent, void, undefined> {
    const id = typeof generation === "string" ? generation : generation.id;
    return followEvents(this.#config, `${this.#config.baseUrls.wowflow}/generations/${encodeId(id)}/events`, options);
  }

  /** Iterate over the events of all generations of the account, without an end: `GET /api/v1/events`. */
  followAccount(options: FollowOptions = {}): AsyncGenerator<StreamedEvent, void, undefined> {
    return followEvents(this.#config, `${this.#config.baseUrls.wowflow}/events`, options);
  }

  /** Read sums of usage, by day unless `by` says otherwise: `GET /api/v1/usage`. */
  usage(filters: UsageFilters = {}, options?: CallOptions): Promise<Usage> {
    const query = new URLSearchParams(Object.entries(filters)).toString();
    return this.#call({ method: "GET", url: `/usage${query && `?${query}`}` }, options);
  }

  /** Read a generation: `GET /api/v1/generations?id=`. */
  async generation(id: string, options?: CallOptions): Promise<Generation> {
    return await this.#call({ method: "GET", url: `/generations?id=${encodeId(id)}` }, options);
  }

  /** List the account's newest generations: `GET /api/v1/generations`. */
  generations({ limit }: ListOptions = {}, options?: CallOptions): Promise<Generation[]> {
    return this.#list(`/generations${limitQuery(limit)}`, options);
  }

  /** Read the receipt of a generation that has ended: `GET /api/v1/generations/{id}/receipt`. See `verifyReceipt`. */
  async receipt(id: string, options?: CallOptions): Promise<Receipt> {
    return await this.#call({ method: "GET", url: `/generations/${encodeId(id)}/receipt` }, options);
  }

  /** Read the public keys that verify receipts: `GET /.well-known/wokflow-receipts`. Save them once. */
  async receiptKeys(options?: CallOptions): Promise<ReceiptKeys> {
    const url = this.#config.baseUrls.wowflow.replace(/\/api\/v1$/, "") + "/.well-known/wokflow-receipts";
    return (await send<ReceiptKeys>(this.#config, { method: "GET", url }, options)).value;
  }

  /** Read the balance: `GET /api/v1/balance`. */
  balance(options?: CallOptions): Promise<Balance> {
    return this.#call({ method: "GET", url: "/balance" }, options);
  }

  /** List the newest transactions: `GET /api/v1/transactions`. */
  transactions({ limit }: ListOptions = {}, options?: CallOptions): Promise<Transaction[]> {
    return this.#list(`/transactions${limitQuery(limit)}`, options);
  }

  /** Cancel a generation, refunded in full unless a provider already has it: `DELETE /api/v1/generations?id=`. */
  async cancel(id: string, options?: CallOptions): Promise<Generation> {
    return await this.#call({ method: "DELETE", url: `/generations?id=${encodeId(id)}` }, options);
  }

  /** Wait until a generation is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
  async waitFor(generation: string | Generation, options: WaitOptions<Generation> = {}): Promise<Generation> {
    const [id, known] = typeof generation === "string" ? [generation, null] : [generation.id, generation];
    const ended = await poll({ id, known, read: (callOptions) => this.generation(id, callOptions) }, options);
    if (ended.status === "failed") throw toJobError(id, ended.error_code, ended.error);
    return ended;
  }

  async #call<Value>(call: Call, options?: CallOptions): Promise<Value> {
    const url = this.#config.baseUrls.wowflow + call.url;
    return (await send<Value>(this.#config, { ...call, url }, options)).value;
  }

  async #list<Entry>(url: string, options?: CallOptions): Promise<Entry[]> {
    return (await this.#call<{ data: Entry[] }>({ method: "GET", url }, options)).data;
  }
}
