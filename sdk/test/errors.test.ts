import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AbortedError,
  ApiError,
  isAbortedError,
  isApiError,
  isNetworkError,
  isTimeoutError,
  isWebhookVerificationError,
  isWokGenError,
  NetworkError,
  TimeoutError,
  WebhookVerificationError,
  WokGenClient,
  WokGenError,
} from "../src/index.ts";
import { serve } from "./server.ts";

async function catchError(call: Promise<unknown>): Promise<unknown> {
  return await call.then(() => assert.fail("the call succeeded"), (error: unknown) => error);
}

test("an error of the WokGen API is an ApiError with its message and code", async (t) => {
  const { url } = await serve(t, {
    status: 400,
    headers: { "X-Request-Id": "req-1" },
    body: { error: "provider: choose auto, local.", code: "UNKNOWN_PROVIDER" },
  });
  const error = await catchError(new WokGenClient({ baseUrl: url }).generate({ prompt: "p", provider: "nobody" }));
  assert.ok(isApiError(error) && error instanceof ApiError && error instanceof WokGenError);
  const { status, code, message, requestId, retryAfterMs, jobId } = error;
  assert.deepEqual({ status, code, message, requestId, retryAfterMs, jobId }, {
    status: 400,
    code: "UNKNOWN_PROVIDER",
    message: "provider: choose auto, local.",
    requestId: "req-1",
    retryAfterMs: null,
    jobId: null,
  });
});

test("the ApiError names the job when it failed while its call waited", async (t) => {
  const { url } = await serve(t, { status: 502, body: { error: "Refused.", code: "CONTENT_POLICY", jobId: "job_1" } });
  const error = await catchError(new WokGenClient({ baseUrl: url }).generate({ prompt: "p" }));
  assert.ok(isApiError(error));
  assert.deepEqual([error.status, error.code, error.jobId], [502, "CONTENT_POLICY", "job_1"]);
});

test("an error of the WOWFLOW API is an ApiError", async (t) => {
  const { url } = await serve(t, {
    status: 402,
    body: { error: { code: "insufficient_balance", message: "Top up to continue." } },
  });
  const error = await catchError(
    new WokGenClient({ baseUrl: url }).wowflow.createGeneration({ model: "m", prompt: "p" }),
  );
  assert.ok(isApiError(error));
  assert.deepEqual([error.status, error.code, error.message], [402, "insufficient_balance", "Top up to continue."]);
});

for (
  const [status, body] of [[200, "<html>sign in</html>"], [200, ""], [200, "[1]"], [404, "gone"], [418, "{}"]] as const
) {
  test(`${status} ${JSON.stringify(body)} is a response that is not from the API`, async (t) => {
    const { url } = await serve(t, { status, body });
    const error = await catchError(new WokGenClient({ baseUrl: url }).wowflow.balance());
    assert.ok(isApiError(error));
    assert.deepEqual([error.status, error.code], [status, "http_error"]);
    assert.ok(error.message.includes(body || "(empty)"));
  });
}

test("a failed connection is a NetworkError with its cause", async () => {
  const client = new WokGenClient({ baseUrl: "http://127.0.0.1:9", retries: 0 });
  const error = await catchError(client.wowflow.balance());
  assert.ok(isNetworkError(error) && error.cause instanceof Error);
  assert.match(error.message, /GET http:\/\/127\.0\.0\.1:9\/api\/v1\/balance/);
});

test("a redirect is not followed, so the key is sent nowhere else", async (t) => {
  const elsewhere = await serve(t, { body: {} });
  const { url } = await serve(t, { status: 307, headers: { Location: `${elsewhere.url}/v1/balance` } });
  const error = await catchError(new WokGenClient({ apiKey: "wok_test", baseUrl: url, retries: 0 }).wowflow.balance());
  assert.ok(isNetworkError(error));
  assert.equal(elsewhere.seen.length, 0);
});

test("the redirect mode is one that every runtime supports", async (t) => {
  const { url } = await serve(t, { body: {} });
  const modes: unknown[] = [];
  const workers: typeof fetch = (input, init) => {
    modes.push(init?.redirect);
    // As Cloudflare Workers do.
    if (init?.redirect === "error") throw new TypeError("Invalid redirect value, must be one of follow or manual");
    return fetch(input, init);
  };
  await new WokGenClient({ baseUrl: url, retries: 0, fetch: workers }).wowflow.balance();
  assert.deepEqual(modes, ["manual"]);
});

test("each guard accepts its own error only", () => {
  const guards = { isApiError, isTimeoutError, isNetworkError, isAbortedError, isWebhookVerificationError };
  const errors = [
    new ApiError({ status: 400, code: "X", message: "" }),
    new TimeoutError("", 1),
    new NetworkError(""),
    new AbortedError(AbortSignal.abort()),
    new WebhookVerificationError(""),
  ];
  const known = Object.values(guards).map((guard) => errors.filter(guard));
  assert.deepEqual(known, errors.map((error) => [error]));
  assert.ok(errors.every(isWokGenError));
  for (const other of [new Error("x"), null, undefined, "x", { name: "ApiError" }]) assert.ok(!isWokGenError(other));
});
