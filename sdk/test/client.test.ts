import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { parseBaseUrl } from "../src/config.ts";
import { Client, WokGenClient } from "../src/index.ts";
import { IMAGE } from "./samples.ts";
import { serve } from "./server.ts";

test("Client is WokGenClient", () => {
  assert.equal(Client, WokGenClient);
});

test("either base URL or a bare host gives both base URLs", () => {
  const expected = { wokgen: "https://gateway.example/api", wowflow: "https://gateway.example/api/v1" };
  for (const path of ["", "/", "/api", "/api/", "/api/v1", "/api/v1/"]) {
    assert.deepEqual(parseBaseUrl(`https://gateway.example${path}`), expected, path);
  }
  assert.deepEqual(parseBaseUrl("http://127.0.0.1:8080/under/api"), {
    wokgen: "http://127.0.0.1:8080/under/api",
    wowflow: "http://127.0.0.1:8080/under/api/v1",
  });
});

for (
  const baseUrl of ["", "gateway.example/api", "ftp://gateway.example", "https://me@gateway.example", "https://h/?a"]
) {
  test(`baseUrl ${JSON.stringify(baseUrl)} is refused`, () => {
    assert.throws(() => new WokGenClient({ baseUrl }), TypeError);
  });
}

test("a line break at the end of the key is removed", async (t) => {
  const { url, seen } = await serve(t, { body: IMAGE });
  await new WokGenClient({ apiKey: "wok_test\n", baseUrl: url }).generate({ prompt: "p" });
  assert.equal(seen[0]?.headers.authorization, "Bearer wok_test");
});

test("a key with invalid characters is refused, and the error does not quote it", () => {
  for (const apiKey of ["", " ", "wok_secret\nX: y", "wok_sécret"]) {
    assert.throws(
      () => new WokGenClient({ apiKey, baseUrl: "https://gateway.example" }),
      (error) => error instanceof TypeError && !/cret/.test(error.message),
    );
  }
});

test("a client without a base URL is refused, so that no key goes to a host that nobody named", () => {
  for (const baseUrl of [undefined, ""]) {
    assert.throws(() => new WokGenClient({ apiKey: "wok_test", baseUrl }), /^TypeError: baseUrl is required/);
  }
});

test("a client without a key sends no Authorization header", async (t) => {
  const { url, seen } = await serve(t, { body: IMAGE });
  await new WokGenClient({ baseUrl: url }).generate({ prompt: "p" });
  assert.equal(seen[0]?.headers.authorization, undefined);
});

test("printing a client does not print its key", () => {
  const client = new WokGenClient({ apiKey: "wok_secret", baseUrl: "https://gateway.example" });
  assert.doesNotMatch(inspect(client, { depth: 20, showHidden: true }) + JSON.stringify(client), /secret/);
});

test("a custom fetch replaces the global one", async (t) => {
  const { url } = await serve(t, { body: IMAGE });
  const urls: unknown[] = [];
  const client = new WokGenClient({
    baseUrl: url,
    fetch: (input, init) => {
      urls.push(input);
      return fetch(input, init);
    },
  });
  await client.generate({ prompt: "p" });
  assert.deepEqual(urls, [`${url}/generate`]);
});
