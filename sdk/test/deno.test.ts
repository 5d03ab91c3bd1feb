import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { bin, createFolder, ROOT, run } from "./package.ts";
import { IMAGE, PROCESSING } from "./samples.ts";
import { serve } from "./server.ts";

const SECRET = "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
const ALONE = ["--no-config", "--no-lock", "--no-remote", "--no-npm"];

test("wokgen.ts passes deno check without other files", async () => {
  const { path, remove } = await createFolder();
  await run(path, "cp", `${ROOT}wokgen.ts`, ".");
  await run(path, bin("deno"), "check", ...ALONE, "wokgen.ts");
  await remove();
});

test("wokgen.ts runs in Deno with network permission for the API alone", async (t) => {
  const event = JSON.stringify({ event: "generation.completed" });
  const at = new Date();
  const { url, seen } = await serve(
    t,
    { status: 202, body: PROCESSING },
    { body: IMAGE },
    { status: 402, body: { error: { code: "insufficient_balance", message: "Top up." } } },
    {
      headers: {
        "webhook-id": "evt_1",
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": new Webhook(SECRET).sign("evt_1", at, event),
      },
      body: event,
    },
  );
  const printed = await run(
    ...[ROOT, bin("deno"), "run", "--check", ...ALONE, "--no-prompt", "--allow-net=127.0.0.1"] as const,
    ...["test/consumers/deno.ts", url, SECRET],
  );
  assert.deepEqual(JSON.parse(printed), [IMAGE.imageUrl, "insufficient_balance", "generation.completed"]);
  assert.match(String(seen[0]?.headers["idempotency-key"]), /^[0-9a-f-]{36}$/);
});
