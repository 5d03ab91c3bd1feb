import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRetryAfterMs, RETRY_WAIT_MS_MAX, retryDelayMs } from "../src/http/retry.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");

test("the delay doubles from half a second to eight seconds without Retry-After", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 10].map((attempt) => retryDelayMs(attempt, 1, null)), [
    ...[500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000],
  ]);
});

test("the random part shortens a delay by at most half", () => {
  assert.equal(retryDelayMs(1, 0, null), 250);
  assert.equal(retryDelayMs(5, 0, null), 4_000);
});

test("the delay is at least the Retry-After and at most a tenth longer", () => {
  assert.equal(retryDelayMs(1, 0, 7_000), 7_000);
  assert.equal(Math.round(retryDelayMs(3, 1, 7_000) ?? 0), 7_700);
});

test("a Retry-After of zero falls back to the usual delay", () => {
  assert.equal(retryDelayMs(2, 1, 0), 1_000);
});

test("a Retry-After above the maximum ends the retries", () => {
  assert.equal(retryDelayMs(1, 0, RETRY_WAIT_MS_MAX), RETRY_WAIT_MS_MAX);
  assert.equal(retryDelayMs(1, 0, RETRY_WAIT_MS_MAX + 1), null);
});

test("Retry-After is read in seconds", () => {
  assert.deepEqual(["0", "7", " 7 ", "1.5", "86400"].map((header) => parseRetryAfterMs(header, NOW_MS)), [
    ...[0, 7_000, 7_000, 1_500, 86_400_000],
  ]);
});

test("Retry-After is read as a date", () => {
  assert.equal(parseRetryAfterMs("Sun, 01 Mar 2026 12:00:09 GMT", NOW_MS), 9_000);
  assert.equal(parseRetryAfterMs("Sun, 01 Mar 2026 11:00:00 GMT", NOW_MS), 0);
});

test("an unusable Retry-After is null", () => {
  for (const header of [null, "", "soon", "-5", "1e9", "Infinity", "7 s"]) {
    assert.equal(parseRetryAfterMs(header, NOW_MS), null, String(header));
  }
});
