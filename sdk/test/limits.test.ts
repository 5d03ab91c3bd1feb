import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { isAbortedError, isTimeoutError, WokGenClient } from "../src/index.ts";
import { IMAGE } from "./samples.ts";
import { serve } from "./server.ts";

const INPUT = { prompt: "pixel art dragon" };

test("a slow response is a TimeoutError and is retried under the same key", async (t) => {
  const { url, seen } = await serve(t, { delayMs: 5_000 });
  const call = new WokGenClient({ baseUrl: url, timeoutMs: 500, retries: 1 }).generate(INPUT);
  await assert.rejects(
    call,
    (error) => isTimeoutError(error) && error.timeoutMs === 500 && /500 ms/.test(error.message),
  );
  assert.equal(seen.length, 2);
  assert.equal(seen[0]?.headers["idempotency-key"], seen[1]?.headers["idempotency-key"]);
});

test("the timeout of a call overrides the timeout of the client", async (t) => {
  const { url } = await serve(t, { delayMs: 100, body: IMAGE });
  const client = new WokGenClient({ baseUrl: url, timeoutMs: 20, retries: 0 });
  assert.deepEqual(await client.generate(INPUT, { timeoutMs: 5_000 }), IMAGE);
});

test("an aborted signal sends no request", async (t) => {
  const { url, seen } = await serve(t);
  const call = new WokGenClient({ baseUrl: url }).generate(INPUT, { signal: AbortSignal.abort("no more") });
  await assert.rejects(call, (error) => isAbortedError(error) && error.cause === "no more");
  assert.equal(seen.length, 0);
});

test("a signal ends a call in progress and its retries", async (t) => {
  const controller = new AbortController();
  const { url, seen } = await serve(t, { delayMs: 5_000, onArrival: () => controller.abort() });
  const call = new WokGenClient({ baseUrl: url }).generate(INPUT, { signal: controller.signal });
  await assert.rejects(call, isAbortedError);
  assert.equal(seen.length, 1);
});

test("a signal ends the delay before a retry", { timeout: 25_000 }, async (t) => {
  const { url } = await serve(t, { status: 429, headers: { "Retry-After": "30" }, body: { error: "", code: "X" } });
  const controller = new AbortController();
  const call = new WokGenClient({ baseUrl: url }).generate(INPUT, { signal: controller.signal });
  setTimeout(() => controller.abort(), 100);
  await assert.rejects(call, isAbortedError);
});

test("a call leaves no listeners on its signal", async (t) => {
  const { url } = await serve(t, { status: 500, body: { error: "", code: "X" } }, { body: IMAGE });
  const { signal } = new AbortController();
  await new WokGenClient({ baseUrl: url }).generate(INPUT, { signal });
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

for (
  const options of [{ timeoutMs: 0 }, { timeoutMs: NaN }, { timeoutMs: 2 ** 31 }, { retries: -1 }, { retries: 99 }]
) {
  test(`${JSON.stringify(options)} is refused`, async () => {
    const baseUrl = "https://gateway.example";
    assert.throws(() => new WokGenClient({ ...options, baseUrl }), RangeError);
    await assert.rejects(new WokGenClient({ baseUrl }).generate(INPUT, options), RangeError);
  });
}
