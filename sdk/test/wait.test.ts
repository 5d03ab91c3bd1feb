import assert from "node:assert/strict";
import { test } from "node:test";
import { isAbortedError, isApiError, isTimeoutError, type Job, WokGenClient } from "../src/index.ts";
import { pollDelayMs } from "../src/poll.ts";
import { FAILED, GENERATION, GENERATION_ID, IMAGE, JOB_ID, PROCESSING } from "./samples.ts";
import { serve } from "./server.ts";

const INPUT = { prompt: "pixel art dragon" };
const RUNNING = { status: 202, body: PROCESSING };

test("the delay between polls grows to five seconds", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 9].map((polls) => pollDelayMs(polls, 1_000, 0)), [
    ...[1_000, 1_500, 2_250, 3_375, 5_000, 5_000],
  ]);
  assert.equal(pollDelayMs(1, 1_000, 1), 900);
  assert.equal(pollDelayMs(3, 20_000, 0), 20_000);
});

test("a call polls the job that outlasts the gateway's response", async (t) => {
  const { url, seen } = await serve(t, RUNNING, { body: IMAGE });
  const states: string[] = [];
  const onProgress = (job: Job): unknown => states.push(job.status);
  assert.deepEqual(await new WokGenClient({ baseUrl: url }).generate(INPUT, { onProgress }), IMAGE);
  assert.deepEqual(seen.map(({ method, path }) => `${method} ${path}`), [
    ...["POST /api/generate", `GET /api/jobs/${JOB_ID}`],
  ]);
  assert.deepEqual(states, ["processing", "completed"]);
});

test("async: true returns the job at once", async (t) => {
  const { url, seen } = await serve(t, RUNNING, { body: IMAGE });
  const client = new WokGenClient({ baseUrl: url });
  const job = await client.generate({ ...INPUT, async: true });
  assert.deepEqual(job, PROCESSING);
  assert.deepEqual(seen[0]?.body, { ...INPUT, async: true });
  assert.equal((await client.waitFor(job, { intervalMs: 10 })).imageUrl, IMAGE.imageUrl);
});

test("waitFor accepts an id and polls at once", async (t) => {
  const { url, seen } = await serve(t, { body: IMAGE });
  assert.deepEqual(await new WokGenClient({ baseUrl: url }).waitFor(JOB_ID), IMAGE);
  assert.equal(seen.length, 1);
});

test("waitFor sends no request for a job that has ended", async (t) => {
  const { url, seen } = await serve(t);
  assert.deepEqual(await new WokGenClient({ baseUrl: url }).waitFor(IMAGE), IMAGE);
  assert.equal(seen.length, 0);
});

test("a failed job is an ApiError with its id", async (t) => {
  const { url } = await serve(t, RUNNING, { body: FAILED });
  const call = new WokGenClient({ baseUrl: url }).generate(INPUT);
  await assert.rejects(call, (error) => {
    assert.ok(isApiError(error));
    assert.deepEqual([error.status, error.code, error.jobId], [502, "CONTENT_POLICY", JOB_ID]);
    assert.equal(error.message, "The provider refused the prompt.");
    return true;
  });
});

test("failed polls are repeated", async (t) => {
  const unavailable = { status: 503, headers: { "Retry-After": "1" }, body: { error: "Later.", code: "UNAVAILABLE" } };
  const { url, seen } = await serve(t, { drop: true }, unavailable, { body: IMAGE });
  assert.deepEqual(await new WokGenClient({ baseUrl: url }).waitFor(JOB_ID, { intervalMs: 10 }), IMAGE);
  assert.equal(seen.length, 3);
  assert.ok((seen[2]?.atMs ?? 0) - (seen[1]?.atMs ?? 0) >= 995);
});

test("a missing job fails at once", async (t) => {
  const { url, seen } = await serve(t, { status: 404, body: { error: "No such job.", code: "NOT_FOUND" } });
  await assert.rejects(new WokGenClient({ baseUrl: url }).waitFor(JOB_ID), isApiError);
  assert.equal(seen.length, 1);
});

test("a wait beyond its limit is a TimeoutError with the job's id", async (t) => {
  const { url } = await serve(t, { body: PROCESSING });
  const wait = new WokGenClient({ baseUrl: url }).waitFor(JOB_ID, { intervalMs: 20, timeoutMs: 150 });
  await assert.rejects(wait, (error) => isTimeoutError(error) && error.jobId === JOB_ID && error.timeoutMs === 150);
});

test("a hanging poll does not outlast the wait", { timeout: 25_000 }, async (t) => {
  const { url } = await serve(t, { delayMs: 60_000 });
  const wait = new WokGenClient({ baseUrl: url }).waitFor(JOB_ID, { timeoutMs: 100 });
  await assert.rejects(wait, isTimeoutError);
});

test("a signal ends a wait with an error that has the job's id", async (t) => {
  const { url } = await serve(t, RUNNING);
  const controller = new AbortController();
  const onProgress = () => void setTimeout(() => controller.abort());
  const call = new WokGenClient({ baseUrl: url }).generate(INPUT, { signal: controller.signal, onProgress });
  await assert.rejects(call, (error) => isAbortedError(error) && error.jobId === JOB_ID);
});

test("wowflow.waitFor waits for a generation", async (t) => {
  const completed = { ...GENERATION, status: "completed", result_url: "https://cdn.example/a.png" };
  const { url, seen } = await serve(t, { body: GENERATION }, { body: completed });
  const { wowflow } = new WokGenClient({ baseUrl: url });
  const generation = await wowflow.waitFor(GENERATION, { intervalMs: 10 });
  assert.equal(generation.result_url, "https://cdn.example/a.png");
  assert.equal(seen[0]?.path, `/api/v1/generations?id=${GENERATION_ID}`);
});

test("wowflow.waitFor throws the error of a failed generation", async (t) => {
  const failed = { ...GENERATION, status: "failed", error: "The prompt was refused.", error_code: "content_policy" };
  const { url } = await serve(t, { body: failed });
  await assert.rejects(new WokGenClient({ baseUrl: url }).wowflow.waitFor(GENERATION_ID), (error) => {
    assert.ok(isApiError(error));
    assert.deepEqual([error.status, error.code, error.jobId], [502, "content_policy", GENERATION_ID]);
    return true;
  });
});
