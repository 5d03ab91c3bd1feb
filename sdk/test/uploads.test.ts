import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { isApiError, WokGenClient } from "../src/index.ts";

type Answer = { status: number; body?: object } | "drop";

const READY = { id: "upl_1", url: "asset:upl_1", status: "ready" };
const CONFLICT = { status: 409, body: { error: { code: "conflict", message: "Stored already." } } };

/** Uploads a file to a server with these responses after the first. Returns the result and what was sent. */
async function upload(t: TestContext, ...answers: Answer[]): Promise<{ result: unknown; sent: string[] }> {
  const sent: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const [method = "", key = "no key"] = [request.method, request.headers.authorization];
      sent.push([method, request.url, key, text].filter(Boolean).join(" "));
      const made = { status: 201, body: { id: "upl_1", upload_url: `${url}/bucket?token=x` } };
      const answer = sent.length === 1 ? made : answers[sent.length - 2] ?? "drop";
      if (answer === "drop") return response.destroy();
      return response.writeHead(answer.status).end(answer.body && JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { wowflow } = new WokGenClient({ apiKey: "wf_a", baseUrl: url });
  const result = await wowflow.upload(new TextEncoder().encode("12345")).catch((error: unknown) => error);
  return { result, sent };
}

const CREATED = 'POST /api/v1/uploads Bearer wf_a {"size_bytes":5}';
const PUT = "PUT /bucket?token=x no key 12345";
const READ = "GET /api/v1/uploads/upl_1 Bearer wf_a";

test("an upload is created, sent without the key, and read", async (t) => {
  const { result, sent } = await upload(t, { status: 200 }, { status: 200, body: READY });
  assert.deepEqual([result, sent], [READY, [CREATED, PUT, READ]]);
});

test("a file whose response is lost is sent again, and may be stored already", async (t) => {
  const { result, sent } = await upload(t, "drop", CONFLICT, { status: 200, body: READY });
  assert.deepEqual([result, sent], [READY, [CREATED, PUT, PUT, READ]]);
});

test("a file that is refused is an ApiError", async (t) => {
  const { result } = await upload(t, CONFLICT, { status: 200, body: { ...READY, status: "pending" } });
  assert.ok(isApiError(result) && result.status === 409);
});
