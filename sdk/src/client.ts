import { type Config, configure } from "./config.ts";
import { limited, segment } from "./http/path.ts";
import { send } from "./http/send.ts";
import type { CallOptions, ClientOptions, ListOptions, WaitOptions } from "./options.ts";
import { WebhookEndpoints } from "./webhooks/endpoints.ts";
import type {
  EnhanceInput,
  GenerateInput,
  InterrogateInput,
  MusicInput,
  TextInput,
  UpscaleInput,
  VoiceInput,
} from "./wokgen/inputs.ts";
import type { CompletedJob, Job } from "./wokgen/jobs.ts";
import { type Make, maker } from "./wokgen/make.ts";
import type { Kind } from "./wokgen/results.ts";
import { readJob, waitForJob } from "./wokgen/wait-for-job.ts";
import { OwnAccount } from "./wowflow/account.ts";
import { Wowflow } from "./wowflow/wowflow.ts";

/**
 * A client of one deployment. The calls of the WokGen API are its own, those of the WOWFLOW API are under `wowflow`;
 * a key of either kind works for both. Also exported as `Client`.
 */
export class WokGenClient {
  /** Makes a picture: `POST /api/generate`. */
  readonly generate: Make<GenerateInput, "image">;
  /** Writes: `POST /api/text/generate`. */
  readonly generateText: Make<TextInput, "text">;
  /** Speaks: `POST /api/voice/generate`. */
  readonly generateVoice: Make<VoiceInput, "voice">;
  /** Composes: `POST /api/music/generate`. */
  readonly generateMusic: Make<MusicInput, "music">;
  /** Enlarges a picture: `POST /api/tools/upscale`. */
  readonly upscale: Make<UpscaleInput, "upscale">;
  /** Says what a picture shows: `POST /api/tools/interrogate`. */
  readonly interrogate: Make<InterrogateInput, "interrogate">;
  /** Makes a prompt better: `POST /api/prompt/enhance`. */
  readonly enhancePrompt: Make<EnhanceInput, "enhance">;
  /** The WOWFLOW API: models with prices, generations paid from the balance. */
  readonly wowflow: Wowflow;
  /** Where the account's webhooks go. */
  readonly webhooks: WebhookEndpoints;
  /** The account of the key, and its other keys. */
  readonly account: OwnAccount;
  readonly #config: Config;

  constructor(options: ClientOptions = {}) {
    const config = configure(options);
    this.generate = maker(config, "/generate");
    this.generateText = maker(config, "/text/generate");
    this.generateVoice = maker(config, "/voice/generate");
    this.generateMusic = maker(config, "/music/generate");
    this.upscale = maker(config, "/tools/upscale");
    this.interrogate = maker(config, "/tools/interrogate");
    this.enhancePrompt = maker(config, "/prompt/enhance");
    this.wowflow = new Wowflow(config);
    this.webhooks = new WebhookEndpoints(config);
    this.account = new OwnAccount(config);
    this.#config = config;
  }

  /** Reads a job: `GET /api/jobs/{jobId}`. */
  job(jobId: string, options?: CallOptions): Promise<Job> {
    return readJob(this.#config, jobId, options);
  }

  /** The account's newest jobs: `GET /api/jobs`. */
  async jobs({ limit }: ListOptions = {}, options?: CallOptions): Promise<Job[]> {
    const url = `${this.#config.bases.wokgen}/jobs${limited(limit)}`;
    return (await send<{ jobs: Job[] }>(this.#config, { method: "GET", url }, options)).value.jobs;
  }

  /** Stops a job, at no cost unless a provider has it already: `POST /api/jobs/{jobId}/cancel`. */
  async cancelJob(jobId: string, options?: CallOptions): Promise<Job> {
    const url = `${this.#config.bases.wokgen}/jobs/${segment(jobId)}/cancel`;
    return (await send<Job>(this.#config, { method: "POST", url }, options)).value;
  }

  /** The job once it is completed. Throws ApiError if it failed, TimeoutError if it takes longer than `timeoutMs`. */
  waitFor<K extends Kind>(job: Job & { kind: K }, options?: WaitOptions<Job>): Promise<CompletedJob<K>>;
  waitFor(jobId: string, options?: WaitOptions<Job>): Promise<CompletedJob>;
  waitFor(job: string | Job, options?: WaitOptions<Job>): Promise<CompletedJob> {
    return waitForJob(this.#config, job, options);
  }
}
