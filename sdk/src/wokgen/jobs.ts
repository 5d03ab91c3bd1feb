import type { Kind, Results, Shapes } from "./results.ts";

/** A job that has not ended. */
export type ProcessingJob<K extends Kind = Kind> = Shapes[K] & { status: "processing" };

/** A job that failed; it costs nothing. */
export type FailedJob<K extends Kind = Kind> = Shapes[K] & { status: "failed"; error: string; code: string };

/** A job that has ended well: the same as what its call would have answered. */
export type CompletedJob<K extends Kind = Kind> = Results[K];

/** `GET /api/jobs/{jobId}`: look at `status`, then at `kind`. */
export type Job<K extends Kind = Kind> = ProcessingJob<K> | CompletedJob<K> | FailedJob<K>;
