import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { browser } from "./chromium.ts";
import { ROOT } from "./package.ts";
import { IMAGE } from "./samples.ts";

type Sdk = typeof import("../src/index.ts");

/** Starts a server on loopback for the duration of a test and returns its port. */
async function listen(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Serves the API with the gateway's CORS headers. The first POST is refused. */
function serveApi(seen: string[]): RequestListener {
  return (request, response) => {
    seen.push(
      `${request.method} ${request.url} ${request.headers.origin} ${request.headers["idempotency-key"] ?? "-"}`,
    );
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Expose-Headers", "*, X-Request-Id, Retry-After, Idempotent-Replayed");
    response.setHeader("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS");
    response.setHeader("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Prefer");
    const posts = seen.filter((line) => line.startsWith("POST")).length;
    const [status, body] = posts === 2 && request.method === "POST" ? [200, IMAGE] : ERRORS[request.method ?? ""] ?? [];
    response.writeHead(status ?? 204, { "X-Request-Id": "req-1", "Retry-After": "1" }).end(JSON.stringify(body));
  };
}

const ERRORS: Record<string, [number, object]> = {
  POST: [503, { error: "Later.", code: "UNAVAILABLE" }],
  GET: [402, { error: { code: "insufficient_balance", message: "Top up." } }],
};

/** Serves the page and the module that it imports. */
async function servePage(): Promise<RequestListener> {
  const html = await readFile(`${ROOT}test/consumers/browser.html`);
  const module = await readFile(`${ROOT}dist/index.js`);
  return (request, response) => {
    const wanted = request.url === "/index.js";
    response.setHeader("Content-Type", wanted ? "text/javascript" : "text/html");
    response.end(wanted ? module : html);
  };
}

for (const host of ["127.0.0.1", "page.test"]) {
  test(`the ES module works in a page of another origin, http://${host}`, async (t) => {
    const seen: string[] = [];
    const apiPort = await listen(t, serveApi(seen));
    const origin = `http://${host}:${await listen(t, await servePage())}`;
    const tab = await browser.newPage();
    await tab.goto(origin);
    await tab.waitForFunction(() => "sdk" in globalThis);
    const result = await tab.evaluate(async (baseUrl) => {
      const { WokGenClient, isApiError } = (globalThis as unknown as { sdk: Sdk }).sdk;
      const client = new WokGenClient({ apiKey: "wok_test", baseUrl });
      const made = await client.generate({ prompt: "pixel art dragon" });
      const error = await client.wowflow.balance().catch((thrown: unknown) => thrown);
      return [isSecureContext, made.imageUrl, isApiError(error) && [error.code, error.requestId, error.retryAfterMs]];
    }, `http://127.0.0.1:${apiPort}/api`);
    await tab.close();
    const secure = host === "127.0.0.1";
    assert.deepEqual(result, [secure, IMAGE.imageUrl, ["insufficient_balance", "req-1", 1000]]);
    const posts = seen.filter((line) => line.startsWith("POST"));
    assert.equal(posts.length, 2);
    assert.equal(new Set(posts).size, 1, "one Idempotency-Key");
    assert.match(posts[0] ?? "", new RegExp(`^POST /api/generate ${origin} [0-9a-f-]{32,36}$`));
    assert.ok(seen.some((line) => line.startsWith("OPTIONS")));
  });
}
