import type { Config } from "../config.ts";
import { segment } from "../http/path.ts";
import { send } from "../http/send.ts";
import { failure } from "../jobs/failure.ts";
import { poll } from "../jobs/poll.ts";
import type { CallOptions, WaitOptions } from "../options.ts";
import type { CompletedJob, Job } from "./jobs.ts";

/** Reads a job. */
export async function readJob(config: Config, jobId: string, options?: CallOptions): Promise<Job> {
  const url = `${config.bases.wokgen}/jobs/${segment(jobId)}`;
  return (await send<Job>(config, { method: "GET", url }, options)).value;
}

/** The job once it is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
export async function waitForJob(
  config: Config,
  job: string | Job,
  options: WaitOptions<Job> = {},
): Promise<CompletedJob> {
  const [id, known] = typeof job === "string" ? [job, null] : [job.jobId, job];
  const ended = await poll({ id, known, read: (look) => readJob(config, id, look) }, options);
  if (ended.status === "failed") throw failure(id, ended.code, ended.error);
  return ended as CompletedJob;
}
