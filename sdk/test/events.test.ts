import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { isAbortedError, isApiError, isNetworkError, type StreamedEvent, WokGenClient } from "../src/index.ts";
import { GENERATION, GENERATION_ID } from "./samples.ts";

const TEXT = "one\u2028two";
const [QUEUED, RUNNING, COMPLETED] = [
  `id: 1-0\r\ndata: ${JSON.stringify({ type: "generation.queued", text: TEXT })}\r\n\r\n`,
  `id: 2-0\ndata: ${JSON.stringify({ type: "generation.running" })}\n\n`,
  `id: 3-0\ndata: ${JSON.stringify({ type: "generation.completed", generation: GENERATION })}\n\n`,
];

type Answer = (response: ServerResponse) => void;

/** Starts a server whose responses are `answers` in order. Returns a client of it, and the requests. */
async function serveEvents(
  t: TestContext,
  ...answers: Answer[]
): Promise<{ client: WokGenClient; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answers[Math.min(seen.length, answers.length) - 1]?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: new WokGenClient({ apiKey: "wf_live_a", baseUrl, retries: 1 }), seen };
}

async function collect(events: AsyncIterable<StreamedEvent>): Promise<string[]> {
  const types: string[] = [];
  for await (const event of events) types.push(event.type);
  return types;
}

test("a stream that breaks is resumed behind its last event, and ends with the generation", async (t) => {
  const { client, seen } = await serveEvents(
    t,
    (response) => {
      response.write(`:\n\n${QUEUED}`);
      setTimeout(() => response.write(RUNNING.slice(0, 20), () => response.destroy()), 50);
    },
    (response) => response.write(RUNNING + COMPLETED),
  );
  const types = await collect(client.wowflow.follow(GENERATION));
  assert.deepEqual(types, ["generation.queued", "generation.running", "generation.completed"]);
  assert.deepEqual(seen.map(({ url }) => url), Array(2).fill(`/api/v1/generations/${GENERATION_ID}/events`));
  assert.deepEqual(seen.map(({ headers }) => headers["last-event-id"]), [undefined, "1-0"]);
  assert.equal(seen[0]?.headers.authorization, "Bearer wf_live_a");
});

test("a reader who has the last event gets none", async (t) => {
  const { client, seen } = await serveEvents(t, (response) => response.writeHead(204).end());
  assert.deepEqual(await collect(client.wowflow.follow(GENERATION_ID, { lastEventId: "3-0" })), []);
  assert.equal(seen[0]?.headers["last-event-id"], "3-0");
});

test("a stream that is refused or breaks again ends with its error", async (t) => {
  const refused = JSON.stringify({ error: { code: "not_found", message: "No." } });
  const gone = await serveEvents(t, (response) => response.writeHead(404).end(refused));
  await assert.rejects(collect(gone.client.wowflow.follow("g")), (error) => isApiError(error) && error.status === 404);
  assert.equal(gone.seen.length, 1);
  const broken = await serveEvents(t, (response) => response.end());
  await assert.rejects(collect(broken.client.wowflow.followAccount()), isNetworkError);
  assert.deepEqual(broken.seen.map(({ url }) => url), ["/api/v1/events", "/api/v1/events"]);
});

test("a signal ends a stream, and so does a reader who leaves", async (t) => {
  const { client } = await serveEvents(t, (response) => response.write(QUEUED));
  const controller = new AbortController();
  await assert.rejects(async () => {
    for await (const event of client.wowflow.follow("g", { signal: controller.signal })) {
      assert.equal(event.text, TEXT);
      controller.abort();
    }
  }, isAbortedError);
  for await (const event of client.wowflow.follow("g")) {
    assert.equal(event.type, "generation.queued");
    break;
  }
});
