import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { isApiError, isNetworkError, WokGenClient } from "../src/index.ts";
import { IMAGE } from "./samples.ts";
import { type Reply, type Seen, serve } from "./server.ts";

const INPUT = { prompt: "pixel art dragon", mode: "pixel" };
const DONE: Reply = { body: IMAGE };

function errorReply(status: number, code: string, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: { error: "No.", code } };
}

async function serveClient(t: TestContext, ...replies: Reply[]): Promise<{ client: WokGenClient; seen: Seen[] }> {
  const { url, seen } = await serve(t, ...replies);
  return { client: new WokGenClient({ apiKey: "wok_test", baseUrl: url }), seen };
}

function keys(seen: Seen[]): unknown[] {
  return seen.map((request) => request.headers["idempotency-key"]);
}

test("every retry sends the same request under the same Idempotency-Key", async (t) => {
  const { client: wokgen, seen } = await serveClient(t, { drop: true }, errorReply(503, "UNAVAILABLE"), DONE);
  assert.deepEqual(await wokgen.generate(INPUT), IMAGE);
  assert.equal(seen.length, 3);
  assert.equal(new Set(keys(seen)).size, 1);
  assert.equal(new Set(seen.map((request) => request.text)).size, 1);
});

test("two calls have two Idempotency-Keys", async (t) => {
  const { client: wokgen, seen } = await serveClient(t, DONE);
  await Promise.all([wokgen.generate(INPUT), wokgen.generate(INPUT)]);
  assert.equal(new Set(keys(seen)).size, 2);
});

test("the caller's own Idempotency-Key is sent", async (t) => {
  const { client: wokgen, seen } = await serveClient(t, errorReply(500, "INTERNAL_ERROR"), DONE);
  await wokgen.generate(INPUT, { idempotencyKey: "order-17" });
  assert.deepEqual(keys(seen), ["order-17", "order-17"]);
});

for (const status of [408, 429, 500, 503, 504]) {
  test(`${status} is retried`, async (t) => {
    const { client: wokgen, seen } = await serveClient(t, errorReply(status, "ANY"), DONE);
    await wokgen.generate(INPUT);
    assert.equal(seen.length, 2);
  });
}

for (
  const [status, code] of [
    ...[[400, "INVALID_REQUEST"], [401, "INVALID_API_KEY"], [402, "INSUFFICIENT_BALANCE"], [404, "NOT_FOUND"]] as const,
    ...[[409, "CONFLICT"], [422, "IDEMPOTENCY_KEY_REUSE"], [502, "UPSTREAM_ERROR"]] as const,
  ]
) {
  test(`${status} ${code} is final`, async (t) => {
    const { client: wokgen, seen } = await serveClient(t, errorReply(status, code), DONE);
    await assert.rejects(wokgen.generate(INPUT), (error) => isApiError(error) && error.code === code);
    assert.equal(seen.length, 1);
  });
}

test("a 502 that is not from the API is retried", async (t) => {
  const { client: wokgen, seen } = await serveClient(t, { status: 502, body: "<h1>Bad Gateway</h1>" }, DONE);
  await wokgen.generate(INPUT);
  assert.equal(seen.length, 2);
});

test("a call fails with the last failure after two retries", async (t) => {
  const { client: wokgen, seen } = await serveClient(t, { drop: true });
  await assert.rejects(wokgen.generate(INPUT), isNetworkError);
  assert.equal(seen.length, 3);
});

test("a call is not retried with retries: 0", async (t) => {
  const { client: wokgen, seen } = await serveClient(t, errorReply(503, "UNAVAILABLE"));
  await assert.rejects(wokgen.generate(INPUT, { retries: 0 }), isApiError);
  assert.equal(seen.length, 1);
});

test("a retry waits for a Retry-After in seconds", async (t) => {
  const { client: wokgen, seen } = await serveClient(t, errorReply(429, "RATE_LIMITED", { "Retry-After": "1" }), DONE);
  await wokgen.generate(INPUT);
  assert.ok(gapMs(seen) >= 995, `${gapMs(seen)} ms`);
});

test("a retry waits for a Retry-After as a date, by the API's clock", async (t) => {
  const headers = { Date: "Sun, 01 Mar 2026 12:00:00 GMT", "Retry-After": "Sun, 01 Mar 2026 12:00:01 GMT" };
  const { client: wokgen, seen } = await serveClient(t, errorReply(503, "UNAVAILABLE", headers), DONE);
  await wokgen.generate(INPUT);
  assert.ok(gapMs(seen) >= 995 && gapMs(seen) < 3_000, `${gapMs(seen)} ms`);
});

test("a Retry-After of hours fails at once", async (t) => {
  const { client: wokgen, seen } = await serveClient(
    t,
    errorReply(429, "QUOTA_EXCEEDED", { "Retry-After": "36000" }),
    DONE,
  );
  await assert.rejects(wokgen.generate(INPUT), (error) => {
    assert.ok(isApiError(error));
    assert.deepEqual([error.status, error.code, error.retryAfterMs], [429, "QUOTA_EXCEEDED", 36_000_000]);
    return true;
  });
  assert.equal(seen.length, 1);
});

test("creating an endpoint is retried only after 429", async (t) => {
  const body = { url: "https://example.com/hook" };
  for (const reply of [{ drop: true }, errorReply(503, "unavailable"), errorReply(500, "internal_error")]) {
    const { client: wokgen, seen } = await serveClient(t, reply, DONE);
    await assert.rejects(wokgen.webhooks.create(body));
    assert.equal(seen.length, 1);
  }
  const { client: wokgen, seen } = await serveClient(t, errorReply(429, "rate_limited"), DONE);
  await wokgen.webhooks.create(body);
  assert.equal(seen.length, 2);
});

function gapMs(seen: Seen[]): number {
  return (seen[1]?.atMs ?? 0) - (seen[0]?.atMs ?? 0);
}
