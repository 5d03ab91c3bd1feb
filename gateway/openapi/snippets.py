"""Code samples written by hand, by label: wait for a generation, and verify a webhook."""

POLLING = {
    "curl": """\
curl --fail-with-body "{base_url}/api/v1/generations?id=$ID" \\
  -H "Authorization: Bearer $WOWFLOW_KEY" \\
  -w '%{stderr}request %header{x-request-id}\\n\'""",
    "Python": """\
import os
import time

import requests


def wait_for(generation_id, timeout_s=300):
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        r = requests.get(
            "{base_url}/api/v1/generations",
            params={"id": generation_id},
            headers={"Authorization": f"Bearer {os.environ['WOWFLOW_KEY']}"},
            timeout=30,
        )
        if not r.ok:
            raise SystemExit(f"{r.status_code}: {r.text} (request {r.headers['X-Request-Id']})")
        generation = r.json()
        if generation["status"] == "completed":
            return generation["result_url"]
        if generation["status"] == "failed":
            raise RuntimeError(generation["error"])
        time.sleep(3)
    raise TimeoutError("still processing")


print(wait_for(os.environ["ID"]))""",
    "JavaScript": """\
async function waitFor(id, timeoutMs = 300_000) {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const r = await fetch(`{base_url}/api/v1/generations?id=${id}`, {
      headers: { Authorization: `Bearer ${process.env.WOWFLOW_KEY}` },
    });
    if (!r.ok) throw new Error(`${r.status}: ${await r.text()} (request ${r.headers.get("x-request-id")})`);
    const generation = await r.json();
    if (generation.status === "completed") return generation.result_url;
    if (generation.status === "failed") throw new Error(generation.error);
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
  throw new Error("still processing");
}

console.log(await waitFor(process.env.ID));""",
}

VERIFYING = {
    "Python": """\
import base64
import hashlib
import hmac
import time

TOLERANCE_S = 300


def verify(secret, headers, body):
    \"\"\"Raise ValueError unless the raw bytes `body` were signed with `secret` in the last minutes.\"\"\"
    if abs(time.time() - int(headers["webhook-timestamp"])) > TOLERANCE_S:
        raise ValueError("too old")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    given = headers["webhook-signature"].split()
    if not any(hmac.compare_digest(expected, signature) for signature in given):
        raise ValueError("wrong signature")""",
    "JavaScript": """\
import { createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE_S = 300;

// Throw unless the raw bytes `body` were signed with `secret` in the last minutes.
export function verify(secret, headers, body) {
  const timestamp = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_S)) throw new Error("too old");
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = createHmac("sha256", key).update(`${headers["webhook-id"]}.${timestamp}.`).update(body);
  const expected = Buffer.from("v1," + signed.digest("base64"));
  const given = headers["webhook-signature"].split(" ").map((signature) => Buffer.from(signature));
  if (!given.some((one) => one.length === expected.length && timingSafeEqual(one, expected))) {
    throw new Error("wrong signature");
  }
}""",
}
