import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { isWebhookVerificationError, verifyWebhook, type WebhookDelivered } from "../src/index.ts";

const SECRET = "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
const OTHER = "whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";
const NOW_MS = 1_767_225_600_000;

/** The test vector of the specification's libraries. Its body is not an event of the gateway. */
const VECTOR = {
  body: '{"type":"job.completed","timestamp":"2026-01-01T00:00:00Z","data":{"id":"j1"}}',
  headers: {
    "webhook-id": "msg_1",
    "webhook-timestamp": "1767225600",
    "webhook-signature": "v1,dZUFUt7joGRc/wb/vd4MrjnXUfMWmJLHUUbbmLUwLtc=",
  },
};
const ED25519 = "v1a,Q6PaBsGx07l52CsL7SsxBPwTIPvaAR/WFlGxFJlEE+GeayXlfk1i6lb8Fo39+QN5blQJhPrxssB1VFdSGJI/Dw==";
const BODY = JSON.stringify({
  event: "generation.completed",
  jobId: "job_1",
  prompt: "a drágon",
  imageUrl: "https://a/b",
});

/** A webhook signed by the public package, with `changes`. */
function signed(changes: Partial<WebhookDelivered> = {}, secret = SECRET, body = BODY): WebhookDelivered {
  const signature = new Webhook(secret).sign("evt_1", new Date(NOW_MS), body);
  const headers = { "webhook-id": "evt_1", "webhook-timestamp": String(NOW_MS / 1000), "webhook-signature": signature };
  return { secret: SECRET, headers, body, nowMs: NOW_MS, ...changes };
}

async function expectRefusal(delivered: WebhookDelivered, reason: RegExp): Promise<void> {
  await assert.rejects(
    verifyWebhook(delivered),
    (error) => isWebhookVerificationError(error) && reason.test(error.message),
  );
}

test("the signature of the published vector is accepted", async () => {
  await expectRefusal({ secret: SECRET, nowMs: NOW_MS, ...VECTOR }, /signed but not an event/);
  await expectRefusal({ secret: OTHER, nowMs: NOW_MS, ...VECTOR }, /No signature/);
});

test("a signature of the public package is accepted", async () => {
  const event = await verifyWebhook(signed());
  assert.equal(event.event === "generation.completed" && event.imageUrl, "https://a/b");
});

test("the body may be text or bytes", async () => {
  const bytes = new TextEncoder().encode(BODY);
  for (const body of [BODY, bytes, Buffer.from(BODY), bytes.buffer]) {
    assert.equal((await verifyWebhook(signed({ body }))).event, "generation.completed");
  }
});

test("the headers may be a Headers or an object, in any case", async () => {
  const { headers } = signed();
  const plain = Object.entries(headers as Record<string, string>);
  const upper = Object.fromEntries(plain.map(([name, value]) => [name.toUpperCase(), value]));
  const listed = Object.fromEntries(plain.map(([name, value]) => [name, [value]]));
  for (const given of [headers, upper, listed, new Headers(headers as Record<string, string>)]) {
    assert.equal((await verifyWebhook(signed({ headers: given }))).event, "generation.completed");
  }
});

test("any secret and any signature is accepted during a rotation", async () => {
  assert.ok(await verifyWebhook(signed({ secret: [OTHER, SECRET] })));
  const [old, own] = [signed({}, OTHER), signed()].map(({ headers }) =>
    (headers as Record<string, string>)["webhook-signature"]
  );
  for (const list of [`${old} ${own}`, `${own} ${old}`, `${ED25519} v2,x ${own}`, `v1,%%% v1, ${own}`]) {
    const headers = { ...signed().headers as Record<string, string>, "webhook-signature": list };
    assert.ok(await verifyWebhook(signed({ headers })), list);
  }
});

test("a changed body, id or time is refused", async () => {
  const headers = signed().headers as Record<string, string>;
  await expectRefusal(signed({ body: BODY.replace("dr", "tr") }), /No signature/);
  await expectRefusal(signed({ headers: { ...headers, "webhook-id": "evt_2" } }), /No signature/);
  await expectRefusal(
    signed({ headers: { ...headers, "webhook-timestamp": String(NOW_MS / 1000 + 1) } }),
    /No signature/,
  );
});

test("a signature of another secret or version, a missing one and a malformed one are refused", async () => {
  const headers = signed().headers as Record<string, string>;
  await expectRefusal(signed({}, OTHER), /No signature/);
  for (const list of [ED25519, "v1", "v1,", "v1,dGhpcyBpcyBub3QgaXQ=", headers["webhook-signature"]?.slice(3) ?? ""]) {
    await expectRefusal(signed({ headers: { ...headers, "webhook-signature": list } }), /No signature/);
  }
  for (const name of Object.keys(headers)) {
    await expectRefusal(signed({ headers: { ...headers, [name]: undefined } }), new RegExp(`${name} is missing`));
  }
  await expectRefusal(signed({ headers: { ...headers, "webhook-timestamp": "soon" } }), /malformed/);
  await expectRefusal(signed({ headers: { ...headers, "webhook-id": "a.b" } }), /malformed/);
});

test("a signature is valid for five minutes in both directions, or as long as toleranceS says", async () => {
  for (const seconds of [-300, 300]) assert.ok(await verifyWebhook(signed({ nowMs: NOW_MS + seconds * 1000 })));
  for (const seconds of [-301, 301]) {
    await expectRefusal(signed({ nowMs: NOW_MS + seconds * 1000 }), /too far from now/);
  }
  assert.ok(await verifyWebhook(signed({ nowMs: NOW_MS + 900_000, toleranceS: 900 })));
  await expectRefusal(signed({ nowMs: NOW_MS + 2_000, toleranceS: 1 }), /too far from now/);
  await expectRefusal(signed({ toleranceS: NaN }), /too far from now/);
});

test("a malformed secret and a parsed body are TypeErrors", async () => {
  for (const secret of ["", "whsec_", "whsec_%%%", SECRET.slice(6)]) {
    await assert.rejects(verifyWebhook(signed({ secret })), TypeError);
  }
  await assert.rejects(verifyWebhook(signed({ body: JSON.parse(BODY) })), TypeError);
});

test("a signed body that is not JSON is refused", async () => {
  await expectRefusal(signed({}, SECRET, "not json"), /not JSON/);
});

test("a webhook received by a Node server is verified", async (t) => {
  const received = new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.end();
        verifyWebhook({ secret: SECRET, headers: request.headers, body: Buffer.concat(chunks) }).then(resolve, reject);
      });
    }).listen(0, "127.0.0.1", () => void post((server.address() as AddressInfo).port));
    t.after(() => server.close());
  });
  assert.deepEqual(await received, JSON.parse(BODY));
});

/** Posts an event signed as the gateway does. */
async function post(port: number): Promise<void> {
  const at = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(SECRET.slice(6), "base64");
  const signature = createHmac("sha256", key).update(`evt_1.${at}.${BODY}`).digest("base64");
  const headers = {
    ...{ "webhook-id": "evt_1", "webhook-timestamp": at, "webhook-signature": `v1,${signature}` },
    ...{ "Content-Type": "application/json", Connection: "close" },
  };
  await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: BODY });
}
