import { failure } from "../jobs/failure.ts";
import { poll } from "../jobs/poll.ts";
import type { CallOptions, WaitOptions } from "../options.ts";
import type { Generation } from "./types.ts";

/** The generation once it is completed. Throws ApiError if it failed, TimeoutError if it takes too long. */
export async function waitForGeneration(
  read: (id: string, options: CallOptions) => Promise<Generation>,
  generation: string | Generation,
  options: WaitOptions<Generation> = {},
): Promise<Generation> {
  const [id, known] = typeof generation === "string" ? [generation, null] : [generation.id, generation];
  const ended = await poll({ id, known, read: (look) => read(id, look) }, options);
  if (ended.status === "failed") throw failure(id, ended.error_code, ended.error);
  return ended;
}
