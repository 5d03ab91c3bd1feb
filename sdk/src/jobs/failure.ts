import { ApiError } from "../errors/api-error.ts";

/** The error of a job that was found to have failed: as if its call had waited for it. */
export function failure(jobId: string, code: string | undefined, message: string | undefined): ApiError {
  const error = new ApiError({ status: 502, code: code ?? "failed", message: message ?? "The job failed." });
  error.jobId = jobId;
  return error;
}
