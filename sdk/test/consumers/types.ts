import {
  Client,
  type CompletedJob,
  type ImageResult,
  isApiError,
  type Job,
  type ProcessingJob,
  verifyWebhook,
  WokGenClient,
  type WokGenError,
} from "@wokspec/sdk";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

export async function results(client: WokGenClient, detached: boolean, job: Job): Promise<void> {
  const image = await client.generate({ prompt: "p", width: 512 }, { onProgress: (seen) => seen.jobId });
  same<typeof image, ImageResult>();
  const url: string = (await client.upscale({ imageUrl: image.imageUrl, scale: 4 })).imageUrl;
  const later = await client.generate({ prompt: "p", async: true });
  same<typeof later, ImageResult | ProcessingJob<"image">>();
  same<Awaited<ReturnType<typeof perhaps>>, ImageResult | ProcessingJob<"image">>();
  const perhaps = () => client.generate({ prompt: "p", async: detached });
  same<Awaited<ReturnType<typeof waited>>, ImageResult>();
  const waited = () => client.waitFor(later);
  const any = await client.waitFor("job_1");
  same<typeof any, CompletedJob>();
  if (any.kind === "text") any.content.toUpperCase();
  if (job.status === "failed") job.code.toUpperCase();
  if (job.status === "completed" && job.kind === "music") (await client.waitFor(job)).audioUrl.concat(url);
}

export async function mistakes(client: WokGenClient): Promise<void> {
  // @ts-expect-error a prompt is needed
  await client.generate({});
  // @ts-expect-error a misspelt field
  await client.generate({ prompt: "p", widht: 512 });
  // @ts-expect-error only 2 and 4
  await client.upscale({ imageUrl: "u", scale: 3 });
  // @ts-expect-error an image has no text
  (await client.generate({ prompt: "p" })).content;
  // @ts-expect-error an event that there is not
  await client.webhooks.create({ url: "https://example.com", events: ["generation.started"] });
}

export async function wowflow(client: Client, signal: AbortSignal | undefined): Promise<number> {
  const made = await client.wowflow.createGeneration({ model: "m", prompt: "p", input: { seed: 1, newer: [1] } }, {
    signal,
  });
  const done = await client.wowflow.waitFor(made, { signal, onProgress: (seen) => seen.queue_position });
  return done.cost_cents + (await client.wowflow.balance()).balance_cents;
}

export function told(error: unknown): string {
  if (isApiError(error)) return error.code + error.status.toFixed() + (error.retryAfterMs ?? 0).toFixed();
  return (error as WokGenError).message;
}

export async function received(request: Request): Promise<string> {
  const event = await verifyWebhook({ secret: "whsec_", headers: request.headers, body: await request.arrayBuffer() });
  if (event.event === "balance.low") return event.balanceCents.toFixed();
  return event.event === "generation.failed" ? event.error ?? "" : event.timestamp;
}
