import assert from "node:assert/strict";
import { test } from "node:test";
import { WokGenClient } from "../src/index.ts";
import { serve } from "./server.ts";
import { GENERATION, GENERATION_ID, IMAGE, JOB_ID } from "./samples.ts";

const KEY = "wok_test";

interface Row {
  name: string;
  call: (client: WokGenClient) => Promise<unknown>;
  sends: { method: string; path: string; body?: object };
  answered?: object;
  gives?: unknown;
}

const MAKING: Row[] = [
  {
    name: "generate",
    call: (client) =>
      client.generate({
        prompt: "pixel art sword glowing red",
        mode: "pixel",
        tool: "generate",
        width: 512,
        height: 512,
        seed: 42,
        quality: "standard",
        provider: "auto",
      }),
    sends: {
      method: "POST",
      path: "/api/generate",
      body: {
        prompt: "pixel art sword glowing red",
        mode: "pixel",
        tool: "generate",
        width: 512,
        height: 512,
        seed: 42,
        quality: "standard",
        provider: "auto",
      },
    },
    answered: IMAGE,
    gives: IMAGE,
  },
  {
    name: "generateText",
    call: (client) =>
      client.generateText({ prompt: "Write...", type: "product-desc", tone: "professional", length: "medium" }),
    sends: {
      method: "POST",
      path: "/api/text/generate",
      body: { prompt: "Write...", type: "product-desc", tone: "professional", length: "medium" },
    },
  },
  {
    name: "generateVoice",
    call: (client) => client.generateVoice({ text: "Hello, welcome to WokGen!", voiceId: "default", speed: 1.0 }),
    sends: {
      method: "POST",
      path: "/api/voice/generate",
      body: { text: "Hello, welcome to WokGen!", voiceId: "default", speed: 1 },
    },
  },
  {
    name: "generateMusic",
    call: (client) => client.generateMusic({ prompt: "upbeat 8-bit chiptune", duration: 30, guidance: 3.5 }),
    sends: {
      method: "POST",
      path: "/api/music/generate",
      body: { prompt: "upbeat 8-bit chiptune", duration: 30, guidance: 3.5 },
    },
  },
  {
    name: "upscale",
    call: (client) => client.upscale({ imageUrl: "https://example.com/image.png", scale: 4, model: "real-esrgan" }),
    sends: {
      method: "POST",
      path: "/api/tools/upscale",
      body: { imageUrl: "https://example.com/image.png", scale: 4, model: "real-esrgan" },
    },
  },
  {
    name: "interrogate",
    call: (client) => client.interrogate({ imageUrl: "https://example.com/image.png" }),
    sends: { method: "POST", path: "/api/tools/interrogate", body: { imageUrl: "https://example.com/image.png" } },
    answered: { prompt: "pixel art sword, glowing red" },
    gives: { prompt: "pixel art sword, glowing red" },
  },
  {
    name: "enhancePrompt",
    call: (client) => client.enhancePrompt({ prompt: "dragon", mode: "pixel", provider: "groq" }),
    sends: { method: "POST", path: "/api/prompt/enhance", body: { prompt: "dragon", mode: "pixel", provider: "groq" } },
  },
];

const JOBS: Row[] = [
  {
    name: "job",
    call: (client) => client.job(JOB_ID),
    sends: { method: "GET", path: `/api/jobs/${JOB_ID}` },
    answered: IMAGE,
    gives: IMAGE,
  },
  {
    name: "jobs",
    call: (client) => client.jobs({ limit: 5 }),
    sends: { method: "GET", path: "/api/jobs?limit=5" },
    answered: { jobs: [IMAGE] },
    gives: [IMAGE],
  },
  {
    name: "jobs without a limit",
    call: (client) => client.jobs(),
    sends: { method: "GET", path: "/api/jobs" },
    answered: { jobs: [] },
    gives: [],
  },
  {
    name: "cancelJob",
    call: (client) => client.cancelJob(JOB_ID),
    sends: { method: "POST", path: `/api/jobs/${JOB_ID}/cancel` },
    answered: IMAGE,
    gives: IMAGE,
  },
];

const WOWFLOW: Row[] = [
  {
    name: "wowflow.models",
    call: (client) => client.wowflow.models(),
    sends: { method: "GET", path: "/api/v1/models" },
    answered: { data: [{ id: "google/nano-banana-2-pro-1k" }] },
    gives: [{ id: "google/nano-banana-2-pro-1k" }],
  },
  {
    name: "wowflow.createGeneration",
    call: (client) => client.wowflow.createGeneration({ model: "m", prompt: "p", input: { seed: 7, newer: true } }),
    sends: {
      method: "POST",
      path: "/api/v1/generations",
      body: { model: "m", prompt: "p", input: { seed: 7, newer: true } },
    },
    answered: GENERATION,
    gives: GENERATION,
  },
  {
    name: "wowflow.generation",
    call: (client) => client.wowflow.generation(GENERATION_ID),
    sends: { method: "GET", path: `/api/v1/generations?id=${GENERATION_ID}` },
    answered: GENERATION,
    gives: GENERATION,
  },
  {
    name: "wowflow.generations",
    call: (client) => client.wowflow.generations({ limit: 50 }),
    sends: { method: "GET", path: "/api/v1/generations?limit=50" },
    answered: { data: [GENERATION] },
    gives: [GENERATION],
  },
  {
    name: "wowflow.quote",
    call: (client) => client.wowflow.quote({ model: "m", prompt: "p" }),
    sends: { method: "POST", path: "/api/v1/generations/quote", body: { model: "m", prompt: "p" } },
    answered: { price_cents: 11 },
  },
  {
    name: "wowflow.usage",
    call: (client) => client.wowflow.usage({ by: "model", from: "2026-05-01" }),
    sends: { method: "GET", path: "/api/v1/usage?by=model&from=2026-05-01" },
    answered: { by: "model" },
  },
  {
    name: "wowflow.balance",
    call: (client) => client.wowflow.balance(),
    sends: { method: "GET", path: "/api/v1/balance" },
    answered: { balance_cents: 1234 },
    gives: { balance_cents: 1234 },
  },
  {
    name: "wowflow.transactions",
    call: (client) => client.wowflow.transactions({ limit: 50 }),
    sends: { method: "GET", path: "/api/v1/transactions?limit=50" },
    answered: { data: [{ type: "topup" }] },
    gives: [{ type: "topup" }],
  },
  {
    name: "wowflow.cancel",
    call: (client) => client.wowflow.cancel(GENERATION_ID),
    sends: { method: "DELETE", path: `/api/v1/generations?id=${GENERATION_ID}` },
    answered: GENERATION,
    gives: GENERATION,
  },
];

const WEBHOOKS: Row[] = [
  {
    name: "webhooks.create",
    call: (client) => client.webhooks.create({ url: "https://example.com/hook", events: ["generation.completed"] }),
    sends: {
      method: "POST",
      path: "/api/v1/webhooks",
      body: { url: "https://example.com/hook", events: ["generation.completed"] },
    },
    answered: { id: "ep_1", secret: "whsec_x" },
    gives: { id: "ep_1", secret: "whsec_x" },
  },
  {
    name: "webhooks.list",
    call: (client) => client.webhooks.list(),
    sends: { method: "GET", path: "/api/v1/webhooks" },
    answered: { data: [{ id: "ep_1" }] },
    gives: [{ id: "ep_1" }],
  },
  {
    name: "webhooks.deliveries",
    call: (client) => client.webhooks.deliveries("ep_1", { limit: 3 }),
    sends: { method: "GET", path: "/api/v1/webhooks/ep_1/deliveries?limit=3" },
    answered: { data: [{ state: "dead" }] },
    gives: [{ state: "dead" }],
  },
  {
    name: "webhooks.enable",
    call: (client) => client.webhooks.enable("ep_1"),
    sends: { method: "POST", path: "/api/v1/webhooks/ep_1/enable" },
    answered: { id: "ep_1" },
  },
  {
    name: "webhooks.rotate",
    call: (client) => client.webhooks.rotate("ep_1"),
    sends: { method: "POST", path: "/api/v1/webhooks/ep_1/rotate" },
    answered: { id: "ep_1", secret: "whsec_y" },
  },
  {
    name: "webhooks.replay",
    call: (client) => client.webhooks.replay("ep_1", { since: new Date("2026-05-01T09:00:00Z"), which: "failed" }),
    sends: {
      method: "POST",
      path: "/api/v1/webhooks/ep_1/replay",
      body: { since: "2026-05-01T09:00:00.000Z", which: "failed", next: 0 },
    },
    answered: { queued: 17 },
    gives: 17,
  },
];

const ACCOUNT: Row[] = [
  {
    name: "account.read",
    call: (client) => client.account.read(),
    sends: { method: "GET", path: "/api/v1/account" },
    answered: { id: "acct_1" },
  },
  {
    name: "account.change",
    call: (client) => client.account.change({ low_balance_cents: 500 }),
    sends: { method: "PATCH", path: "/api/v1/account", body: { low_balance_cents: 500 } },
    answered: { id: "acct_1", low_balance_cents: 500 },
  },
  {
    name: "account.keys",
    call: (client) => client.account.keys(),
    sends: { method: "GET", path: "/api/v1/keys" },
    answered: { data: [{ id: "key_1" }] },
    gives: [{ id: "key_1" }],
  },
  {
    name: "account.createKey",
    call: (client) => client.account.createKey({ kind: "wokgen" }),
    sends: { method: "POST", path: "/api/v1/keys", body: { kind: "wokgen" } },
    answered: { id: "key_1", key: "wok_x" },
  },
];

for (const row of [...MAKING, ...JOBS, ...WOWFLOW, ...WEBHOOKS, ...ACCOUNT]) {
  test(`${row.name} is ${row.sends.method} ${row.sends.path}`, async (t) => {
    const answered = row.answered ?? { status: "completed", jobId: JOB_ID };
    const { url, seen } = await serve(t, { body: answered });
    const result = await row.call(new WokGenClient({ apiKey: KEY, baseUrl: url }));
    assert.deepEqual(result, row.gives ?? answered);
    assert.equal(seen.length, 1);
    const [request] = seen;
    assert.deepEqual({ method: request?.method, path: request?.path, body: request?.body }, {
      body: null,
      ...row.sends,
    });
    assert.equal(request?.headers.authorization, `Bearer ${KEY}`);
    assert.equal(request?.headers["content-type"], row.sends.body ? "application/json" : undefined);
    const key = request?.headers["idempotency-key"];
    if (row.sends.method === "POST") assert.match(String(key), /^[0-9a-f-]{36}$/);
    else assert.equal(key, undefined);
  });
}

test("webhooks.delete resolves to undefined", async (t) => {
  const { url, seen } = await serve(t, { status: 204 });
  assert.equal(await new WokGenClient({ apiKey: KEY, baseUrl: url }).webhooks.delete("ep_1"), undefined);
  assert.deepEqual([seen[0]?.method, seen[0]?.path], ["DELETE", "/api/v1/webhooks/ep_1"]);
});

test("wowflow.deleteUpload resolves to undefined", async (t) => {
  const { url, seen } = await serve(t, { status: 204 });
  assert.equal(await new WokGenClient({ apiKey: KEY, baseUrl: url }).wowflow.deleteUpload("upl_1"), undefined);
  assert.deepEqual([seen[0]?.method, seen[0]?.path], ["DELETE", "/api/v1/uploads/upl_1"]);
});

test("webhooks.redeliver and account.revokeKey resolve to undefined", async (t) => {
  const { url, seen } = await serve(t, { status: 202, body: { queued: 1 } }, { status: 204 });
  const client = new WokGenClient({ apiKey: KEY, baseUrl: url });
  assert.equal(await client.webhooks.redeliver("ep_1", "evt_1:ep_1"), undefined);
  assert.equal(await client.account.revokeKey("key_1"), undefined);
  assert.deepEqual(seen.map(({ method, path }) => `${method} ${path}`), [
    "POST /api/v1/webhooks/ep_1/deliveries/evt_1%3Aep_1/redeliver",
    "DELETE /api/v1/keys/key_1",
  ]);
});

test("webhooks.replay requests every page", async (t) => {
  const { url, seen } = await serve(t, { body: { queued: 1000, next: 4200 } }, { body: { queued: 17 } });
  const client = new WokGenClient({ apiKey: KEY, baseUrl: url });
  assert.equal(await client.webhooks.replay("ep_1", { since: 0, which: "missing" }), 1017);
  assert.deepEqual(seen.map(({ body }) => (body as { next: number }).next), [0, 4200]);
});

test("a call that creates a secret is not retried when its response is lost", async (t) => {
  const { url, seen } = await serve(t, { status: 503, body: { error: { code: "unavailable", message: "Later." } } });
  const client = new WokGenClient({ apiKey: KEY, baseUrl: url });
  await assert.rejects(() => client.webhooks.rotate("ep_1"));
  await assert.rejects(() => client.account.createKey());
  assert.equal(seen.length, 2);
});

test("waitS sends a Prefer header", async (t) => {
  const { url, seen } = await serve(t, { status: 201, body: GENERATION });
  await new WokGenClient({ apiKey: KEY, baseUrl: url }).wowflow.createGeneration(
    { model: "m", prompt: "p" },
    { waitS: 30 },
  );
  assert.equal(seen[0]?.headers["prefer"], "wait=30");
});

test("a generating call works without its client", async (t) => {
  const { url } = await serve(t, { body: IMAGE });
  const { generate } = new WokGenClient({ baseUrl: url });
  assert.equal((await generate({ prompt: "pixel art dragon" })).imageUrl, IMAGE.imageUrl);
});

test("an invalid id sends no request", async (t) => {
  const { url, seen } = await serve(t);
  const client = new WokGenClient({ baseUrl: url });
  for (const id of ["", ".", "..", undefined as unknown as string]) {
    await assert.rejects(() => client.job(id), TypeError);
    await assert.rejects(() => client.wowflow.generation(id), TypeError);
    await assert.rejects(() => client.webhooks.delete(id), TypeError);
  }
  assert.equal((await client.job("a/../b").catch(() => null), seen.at(-1)?.path), "/api/jobs/a%2F..%2Fb");
});
