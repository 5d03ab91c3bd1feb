import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** A received request. */
export interface Seen {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  body: unknown;
  atMs: number;
}

/** A response: a body as JSON or text, or a dropped connection. */
export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: object | string;
  delayMs?: number;
  drop?: boolean;
  onArrival?: () => void;
}

/** Starts a server on loopback for the duration of a test. It sends `replies` in order and repeats the last one. */
export async function serve(t: TestContext, ...replies: Reply[]): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const { method = "", url: path = "", headers } = request;
      seen.push({ method, path, headers, text, body: text === "" ? null : JSON.parse(text), atMs: performance.now() });
      const reply = replies[Math.min(seen.length, replies.length) - 1] ?? {};
      reply.onArrival?.();
      setTimeout(() => respond(response, reply), reply.delayMs ?? 0).unref();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`, seen };
}

function respond(response: ServerResponse, reply: Reply): void {
  if (reply.drop) {
    response.destroy();
    return;
  }
  const { status = 200, headers = {}, body = {} } = reply;
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(status === 204 ? undefined : typeof body === "string" ? body : JSON.stringify(body));
}
