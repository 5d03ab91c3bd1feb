import type { Config } from "../config.ts";
import { send } from "../http/send.ts";
import type { MakeOptions } from "../options.ts";
import type { Job, ProcessingJob } from "./jobs.ts";
import type { Kind, Results } from "./results.ts";
import { waitForJob } from "./wait-for-job.ts";

/** What the bodies of all calls that make something have in common. */
interface Asked {
  async?: boolean | null;
}

/** A call that makes something of a kind: answers its result, or with `async: true` the job as it is. */
export interface Make<Input extends Asked, K extends Kind> {
  (input: Input & { async?: false }, options?: MakeOptions<Job>): Promise<Results[K]>;
  (input: Input & { async: boolean }, options?: MakeOptions<Job>): Promise<Results[K] | ProcessingJob<K>>;
}

/** The call at `path`. What takes longer than the gateway holds an answer is waited for here. */
export function maker<Input extends Asked, K extends Kind>(config: Config, path: string): Make<Input, K> {
  async function make(input: Input, options: MakeOptions<Job> = {}): Promise<Results[K] | ProcessingJob<K>> {
    const url = config.bases.wokgen + path;
    const held = input.async !== true;
    const answer = await send<Results[K] | ProcessingJob<K>>(
      config,
      { method: "POST", url, body: input, held },
      options,
    );
    const { status } = answer.value as Job<K>;
    if (input.async === true || (status !== "processing" && status !== "failed")) return answer.value;
    const { signal, onProgress, waitTimeoutMs: timeoutMs } = options;
    return await waitForJob(config, answer.value, { signal, onProgress, timeoutMs }) as Results[K];
  }
  return make as Make<Input, K>;
}
