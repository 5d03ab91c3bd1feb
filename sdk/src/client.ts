import { type Config, configure } from "./config.ts";
import { encodeId, limitQuery } from "./http/request.ts";
import { send } from "./http/send.ts";
import type { CallOptions, ClientOptions, ListOptions, WaitOptions } from "./options.ts";
import { WebhookEndpoints } from "./webhooks/endpoints.ts";
import { createMake, type Make, readJob, waitForJob } from "./wokgen/calls.ts";
import type {
  CompletedJob,
  EnhanceInput,
  GenerateInput,
  InterrogateInput,
  Job,
  Kind,
  MusicInput,
  TextInput,
  UpscaleInput,
  VoiceInput,
} from "./wokgen/types.ts";
import { OwnAccount } from "./wowflow/account.ts";
import { Wowflow } from "./wowflow/wowflow.ts";

/**
 * A client of one deployment. Its own methods call the WokGen API, those under `wowflow` the WOWFLOW API. An API key of
 * either kind works for both. Also exported as `Client`.
 */
export class WokGenClient {
  /** Generate an image: `POST /api/generate`. */
  readonly generate: Make<GenerateInput, "image">;
  /** Generate text: `POST /api/text/generate`. */
  readonly generateText: Make<TextInput, "text">;
  /** Generate speech: `POST /api/voice/generate`. */
  readonly generateVoice: Make<VoiceInput, "voice">;
  /** Generate music: `POST /api/music/generate`. */
  readonly generateMusic: Make<MusicInput, "music">;
  /** Enlarge an image: `POST /api/tools/upscale`. */
  readonly upscale: Make<UpscaleInput, "upscale">;
  /** Describe an image: `POST /api/tools/interrogate`. */
  readonly interrogate: Make<InterrogateInput, "interrogate">;
  /** Improve a prompt: `POST /api/prompt/enhance`. */
  readonly enhancePrompt: Make<EnhanceInput, "enhance">;
  /** The WOWFLOW API: models with prices, and generations that are paid from the balance. */
  readonly wowflow: Wowflow;
  /** The account's webhook endpoints. */
  readonly webhooks: WebhookEndpoints;
  /** The account of the API key, and its other keys. */
  readonly account: OwnAccount;
  readonly #config: Config;

  constructor(options: ClientOptions = {}) {
    const config = configure(options);
    this.generate = createMake(config, "/generate");
    this.generateText = createMake(config, "/text/generate");
    this.generateVoice = createMake(config, "/voice/generate");
    this.generateMusic = createMake(config, "/music/generate");
    this.upscale = createMake(config, "/tools/upscale");
    this.interrogate = createMake(config, "/tools/interrogate");
    this.enhancePrompt = createMake(config, "/prompt/enhance");
    this.wowflow = new Wowflow(config);
    this.webhooks = new WebhookEndpoints(config);
    this.account = new OwnAccount(config);
    this.#config = config;
  }

  /** Read a job: `GET /api/jobs/{jobId}`. */
  job(jobId: string, options?: CallOptions): Promise<Job> {
    return readJob(this.#config, jobId, options);
  }

  /** List the account's newest jobs: `GET /api/jobs`. */
  async jobs({ limit }: ListOptions = {}, options?: CallOptions): Promise<Job[]> {
    const url = `${this.#config.baseUrls.wokgen}/jobs${limitQuery(limit)}`;
    return (await send<{ jobs: Job[] }>(this.#config, { method: "GET", url }, options)).value.jobs;
  }

  /** Cancel a job, free of charge unless a provider already has it: `POST /api/jobs/{jobId}/cancel`. */
  async cancelJob(jobId: string, options?: CallOptions): Promise<Job> {
    const url = `${this.#config.baseUrls.wokgen}/jobs/${encodeId(jobId)}/cancel`;
    return (await send<Job>(this.#config, { method: "POST", url }, options)).value;
  }

  /** Wait until a job is completed. Throws ApiError if it failed, TimeoutError if it takes longer than `timeoutMs`. */
  waitFor<K extends Kind>(job: Job & { kind: K }, options?: WaitOptions<Job>): Promise<CompletedJob<K>>;
  waitFor(jobId: string, options?: WaitOptions<Job>): Promise<CompletedJob>;
  waitFor(job: string | Job, options?: WaitOptions<Job>): Promise<CompletedJob> {
    return waitForJob(this.#config, job, options);
  }
}
