import type { Generation, ImageResult, ProcessingJob } from "../src/index.ts";

export const JOB_ID = "job_019e07f2aa187c3e9f216b1f0c9d2e47";
export const GENERATION_ID = "019e07f2-aa18-7c3e-9f21-6b1f0c9d2e47";

/** A completed image, as `POST /api/generate` returns it. */
export const IMAGE: ImageResult = {
  jobId: JOB_ID,
  status: "completed",
  kind: "image",
  prompt: "pixel art dragon",
  provider: "local",
  model: "local/artist",
  simulated: false,
  createdAt: "2026-03-01T12:00:00.000Z",
  completedAt: "2026-03-01T12:00:05.000Z",
  imageUrl: "https://cdn.example/abc123.png",
  imageUrls: ["https://cdn.example/abc123.png"],
  width: 512,
  height: 512,
};

/** The same job before it is completed. */
export const PROCESSING: ProcessingJob<"image"> = {
  jobId: JOB_ID,
  status: "processing",
  kind: "image",
  prompt: "pixel art dragon",
  provider: "local",
  model: "local/artist",
  simulated: false,
  createdAt: "2026-03-01T12:00:00.000Z",
  queuePosition: 1,
};

/** The same job after a failure. */
export const FAILED = {
  ...PROCESSING,
  status: "failed",
  error: "The provider refused the prompt.",
  code: "CONTENT_POLICY",
};

/** A generation, as `POST /api/v1/generations` returns it. */
export const GENERATION: Generation = {
  id: GENERATION_ID,
  status: "processing",
  model: "google/nano-banana-2-pro-1k",
  cost_cents: 11,
  cost_usd: 0.11,
  cost_micros: 110_000,
  created_at: "2026-05-08T14:23:11.000Z",
  type: "image",
  provider: "local",
  simulated: true,
  stage: "queued",
  refunded_cents: 0,
  refunded_micros: 0,
};
