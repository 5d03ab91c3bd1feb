import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type Generation, isApiError, verifyWebhook, type WebhookEvent, WokGenClient } from "../../src/index.ts";
import { API_KEY, BASE_URL, fetchFile, waitUntil } from "./gateway.ts";

const client = new WokGenClient({ apiKey: API_KEY, baseUrl: BASE_URL });

test("each of the seven calls returns the fields of its type", async () => {
  const image = await client.generate({ prompt: "a red boat", width: 64, height: 64, seed: 42 });
  assert.deepEqual([image.width, image.height, image.seed], [64, 64, 42]);
  const [text, voice, music, larger, seen, better] = await Promise.all([
    client.generateText({ prompt: "a red boat", length: "short" }),
    client.generateVoice({ text: "Hello, welcome to WokGen!" }),
    client.generateMusic({ prompt: "calm waves", duration: 5 }),
    client.upscale({ imageUrl: image.imageUrl, scale: 2 }),
    client.interrogate({ imageUrl: image.imageUrl }),
    client.enhancePrompt({ prompt: "dragon" }),
  ]);
  assert.equal(text.charCount, text.content.length);
  assert.match((await fetchFile(voice.audioUrl)).type, /^audio\//);
  assert.equal(Math.round(Number(music.duration)), 5);
  assert.deepEqual([larger.width, larger.originalWidth], [128, 64]);
  assert.ok(seen.tags.length > 0);
  assert.equal(better.variations[0], better.enhanced);
});

test("a job started in one API is listed and readable in both", async () => {
  const job = await client.generate({ prompt: "a blue boat", async: true });
  assert.match(job.jobId, /^job_[0-9a-f]{32}$/);
  const done = await client.waitFor(job);
  assert.equal(done.status, "completed");
  assert.ok((await client.jobs({ limit: 5 })).some(({ jobId }) => jobId === job.jobId));
  const id = job.jobId.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  assert.equal((await client.wowflow.generation(id)).result_url, done.kind === "image" ? done.imageUrl : "");
});

test("a generation is created, charged and recorded as a transaction", async () => {
  const { wowflow } = client;
  const model = (await wowflow.models()).find(({ id }) => id === "local/artist");
  assert.ok(model);
  const before = await wowflow.balance();
  const made = await wowflow.createGeneration({ model: model.id, prompt: "a green boat" });
  const done = await wowflow.waitFor(made);
  assert.equal((await fetchFile(String(done.result_url))).type, "image/png");
  assert.equal(before.balance_cents - (await wowflow.balance()).balance_cents, model.price_cents);
  assert.equal((await wowflow.transactions({ limit: 1 }))[0]?.generation_id, made.id);
});

test("an upload serves as an input, and the events of its generation lead to the price that was quoted", async () => {
  const { wowflow } = client;
  const image = await client.generate({ prompt: "a red boat", width: 64, height: 64 });
  const photo = await wowflow.upload((await fetchFile(image.imageUrl)).bytes);
  assert.deepEqual([photo.status, photo.content_type], ["ready", "image/png"]);
  const order = { model: "local/enlarger", prompt: "larger", input: { image_url: photo.url } };
  const { price_cents } = await wowflow.quote(order);
  let last: Generation | undefined;
  for await (const event of wowflow.follow(await wowflow.createGeneration(order))) last = event.generation;
  assert.deepEqual([last?.status, last?.cost_cents], ["completed", price_cents]);
  await wowflow.deleteUpload(photo.id);
});

test("an error is an ApiError with the gateway's code and request id", async () => {
  const stranger = new WokGenClient({ apiKey: "wok_nobody", baseUrl: BASE_URL });
  const error = await stranger.wowflow.balance().catch((thrown: unknown) => thrown);
  assert.ok(isApiError(error));
  assert.deepEqual([error.status, error.code], [401, "invalid_api_key"]);
  assert.match(String(error.requestId), /^[0-9a-f]{16}$/);
});

test("a guest is refused after ten generations a day", async () => {
  const guest = new WokGenClient({ baseUrl: BASE_URL, retries: 0 });
  for (let number = 1; number <= 10; number += 1) await guest.generate({ prompt: `boat ${number}`, async: true });
  const error = await guest.generate({ prompt: "one more" }).catch((thrown: unknown) => thrown);
  assert.ok(isApiError(error));
  assert.deepEqual([error.status, error.code], [429, "QUOTA_EXCEEDED"]);
  assert.ok(Number(error.retryAfterMs) > 0 && Number(error.retryAfterMs) <= 86_400_000);
});

test("a webhook is created, verified, rotated and replayed", async (t) => {
  const received: WebhookEvent[] = [];
  let secret = "";
  let news = (): void => {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const delivered = { secret, headers: request.headers, body: Buffer.concat(chunks) };
      verifyWebhook(delivered).then((event) => {
        received.push(event);
        response.end("thank you");
        news();
      }, (error: Error) => response.writeHead(400).end(error.message));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const arrival = () => new Promise<void>((resolve) => news = resolve);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;

  const endpoint = await client.webhooks.create({ url, events: ["generation.completed"] });
  secret = endpoint.secret;
  let arrived = arrival();
  const image = await client.generate({ prompt: "pixel art dragon", width: 64, height: 64 });
  await arrived;
  const [event] = received;
  assert.ok(event?.event === "generation.completed");
  assert.deepEqual([event.jobId, event.imageUrl, event.prompt], [image.jobId, image.imageUrl, "pixel art dragon"]);

  secret = (await client.webhooks.rotate(endpoint.id)).secret;
  const last = async () => (await client.webhooks.deliveries(endpoint.id))[0];
  await waitUntil(async () => (await last())?.state === "delivered", "the delivery is recorded");
  arrived = arrival();
  await client.webhooks.redeliver(endpoint.id, String((await last())?.id));
  await arrived;
  assert.deepEqual(received[1], event);
  assert.equal(await client.webhooks.replay(endpoint.id, { since: Date.now(), which: "missing" }), 0);
  await client.webhooks.delete(endpoint.id);
});

test("an account changes its alert, and creates and revokes a key", async () => {
  const { account } = client;
  assert.equal((await account.change({ low_balance_cents: 250 })).low_balance_cents, 250);
  assert.equal((await account.read()).low_balance_cents, 250);
  const made = await account.createKey({ kind: "wokgen" });
  const other = new WokGenClient({ apiKey: made.key, baseUrl: BASE_URL });
  assert.equal((await other.account.read()).id, (await account.read()).id);
  await account.revokeKey(made.id);
  assert.ok((await account.keys()).every(({ id }) => id !== made.id));
  await assert.rejects(() => other.account.read(), (error) => isApiError(error) && error.status === 401);
});
