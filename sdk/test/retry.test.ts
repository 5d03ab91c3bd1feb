import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { isApiError, isNetworkError, WokGenClient } from "../src/index.ts";
import { IMAGE } from "./samples.ts";
import { type Reply, type Seen, serve } from "./server.ts";

const ASKED = { prompt: "pixel art dragon", mode: "pixel" };
const DONE: Reply = { body: IMAGE };

function refusal(status: number, code: string, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: { error: "No.", code } };
}

async function client(t: TestContext, ...replies: Reply[]): Promise<{ client: WokGenClient; seen: Seen[] }> {
  const { url, seen } = await serve(t, ...replies);
  return { client: new WokGenClient({ apiKey: "wok_test", baseUrl: url }), seen };
}

function keys(seen: Seen[]): unknown[] {
  return seen.map((request) => request.headers["idempotency-key"]);
}

test("every retry of a call is the same request under the same Idempotency-Key", async (t) => {
  const { client: wokgen, seen } = await client(t, { drop: true }, refusal(503, "UNAVAILABLE"), DONE);
  assert.deepEqual(await wokgen.generate(ASKED), IMAGE);
  assert.equal(seen.length, 3);
  assert.equal(new Set(keys(seen)).size, 1);
  assert.equal(new Set(seen.map((request) => request.text)).size, 1);
});

test("two calls have two Idempotency-Keys", async (t) => {
  const { client: wokgen, seen } = await client(t, DONE);
  await Promise.all([wokgen.generate(ASKED), wokgen.generate(ASKED)]);
  assert.equal(new Set(keys(seen)).size, 2);
});

test("the caller's own Idempotency-Key is the one that is sent", async (t) => {
  const { client: wokgen, seen } = await client(t, refusal(500, "INTERNAL_ERROR"), DONE);
  await wokgen.generate(ASKED, { idempotencyKey: "order-17" });
  assert.deepEqual(keys(seen), ["order-17", "order-17"]);
});

for (const status of [408, 429, 500, 503, 504]) {
  test(`${status} is tried again`, async (t) => {
    const { client: wokgen, seen } = await client(t, refusal(status, "ANY"), DONE);
    await wokgen.generate(ASKED);
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
    const { client: wokgen, seen } = await client(t, refusal(status, code), DONE);
    await assert.rejects(wokgen.generate(ASKED), (error) => isApiError(error) && error.code === code);
    assert.equal(seen.length, 1);
  });
}

test("a 502 that is not the API's own is tried again", async (t) => {
  const { client: wokgen, seen } = await client(t, { status: 502, body: "<h1>Bad Gateway</h1>" }, DONE);
  await wokgen.generate(ASKED);
  assert.equal(seen.length, 2);
});

test("two retries, then the last failure", async (t) => {
  const { client: wokgen, seen } = await client(t, { drop: true });
  await assert.rejects(wokgen.generate(ASKED), isNetworkError);
  assert.equal(seen.length, 3);
});

test("no retries where none are wanted", async (t) => {
  const { client: wokgen, seen } = await client(t, refusal(503, "UNAVAILABLE"));
  await assert.rejects(wokgen.generate(ASKED, { retries: 0 }), isApiError);
  assert.equal(seen.length, 1);
});

test("Retry-After in seconds is waited for", async (t) => {
  const { client: wokgen, seen } = await client(t, refusal(429, "RATE_LIMITED", { "Retry-After": "1" }), DONE);
  await wokgen.generate(ASKED);
  assert.ok(gapMs(seen) >= 995, `${gapMs(seen)} ms`);
});

test("Retry-After as a date is waited for, on the API's clock", async (t) => {
  const headers = { Date: "Sun, 01 Mar 2026 12:00:00 GMT", "Retry-After": "Sun, 01 Mar 2026 12:00:01 GMT" };
  const { client: wokgen, seen } = await client(t, refusal(503, "UNAVAILABLE", headers), DONE);
  await wokgen.generate(ASKED);
  assert.ok(gapMs(seen) >= 995 && gapMs(seen) < 3_000, `${gapMs(seen)} ms`);
});

test("a quota that comes back in hours is told at once", async (t) => {
  const { client: wokgen, seen } = await client(t, refusal(429, "QUOTA_EXCEEDED", { "Retry-After": "36000" }), DONE);
  await assert.rejects(wokgen.generate(ASKED), (error) => {
    assert.ok(isApiError(error));
    assert.deepEqual([error.status, error.code, error.retryAfterMs], [429, "QUOTA_EXCEEDED", 36_000_000]);
    return true;
  });
  assert.equal(seen.length, 1);
});

test("an endpoint is not created twice: only a refusal that is certain is tried again", async (t) => {
  const body = { url: "https://example.com/hook" };
  for (const reply of [{ drop: true }, refusal(503, "unavailable"), refusal(500, "internal_error")]) {
    const { client: wokgen, seen } = await client(t, reply, DONE);
    await assert.rejects(wokgen.webhooks.create(body));
    assert.equal(seen.length, 1);
  }
  const { client: wokgen, seen } = await client(t, refusal(429, "rate_limited"), DONE);
  await wokgen.webhooks.create(body);
  assert.equal(seen.length, 2);
});

function gapMs(seen: Seen[]): number {
  return (seen[1]?.atMs ?? 0) - (seen[0]?.atMs ?? 0);
}
