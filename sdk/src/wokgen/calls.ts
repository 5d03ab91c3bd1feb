import type { Config } from "../config.ts";
import { encodeId } from "../http/request.ts";
import { send } from "../http/send.ts";
import type { CallOptions, MakeOptions, WaitOptions } from "../options.ts";
import { poll, toJobError } from "../poll.ts";
import type { CompletedJob, Job, Kind, ProcessingJob, Results } from "./types.ts";

/** The fields that the bodies of all generating calls share. */
interface MakeInput {
  async?: boolean | null;
}

/** A generating call. It returns the result, or the job as it is with `async: true`. */
export interface Make<Input extends MakeInput, K extends Kind> {
  (input: Input & { async?: false }, options?: MakeOptions<Job>): Promise<Results[K]>;
  (input: Input & { async: boolean }, options?: MakeOptions<Job>): Promise<Results[K] | ProcessingJob<K>>;
}

/** Return the generating call at `path`. It polls a job that outlasts the gateway's response. */
export function createMake<Input extends MakeInput, K extends Kind>(config: Config, path: string): Make<Input, K> {
  async function make(input: Input, options: MakeOptions<Job> = {}): Promise<Results[K] | ProcessingJob<K>> {
    const url = config.baseUrls.wokgen + path;
    const { value } = await send<Results[K] | ProcessingJob<K>>(
      config,
      { method: "POST", url, body: input, waits: input.async !== true },
      options,
    );
    const { status } = value as Job<K>;
    if (input.async === true || (status !== "processing" && status !== "failed")) return value;
    const { signal, onProgress, waitTimeoutMs: timeoutMs } = options;
    return await waitForJob(config, value, { signal, onProgress, timeoutMs }) as Results[K];
  }
  return make as Make<Input, K>;
}

/** Read a job. */
export async function readJob(config: Config, jobId: string, options?: CallOptions): Promise<Job> {
  const url = `${config.baseUrls.wokgen}/jobs/${encodeId(jobId)}`;
  return (await send<Job>(config, { method: "GET", url }, options)).value;
}

/** Wait until a job is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
export async function waitForJob(
  config: Config,
  job: string | Job,
  options: WaitOptions<Job> = {},
): Promise<CompletedJob> {
  const [id, known] = typeof job === "string" ? [job, null] : [job.jobId, job];
  const ended = await poll({ id, known, read: (callOptions) => readJob(config, id, callOptions) }, options);
  if (ended.status === "failed") throw toJobError(id, ended.code, ended.error);
  return ended as CompletedJob;
}
