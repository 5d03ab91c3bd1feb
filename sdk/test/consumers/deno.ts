import { isApiError, verifyWebhook, WokGenClient } from "../../wokgen.ts";

const [baseUrl, secret] = Deno.args;
const client = new WokGenClient({ apiKey: "wok_test", baseUrl });
const result = await client.generate({ prompt: "pixel art dragon", mode: "pixel" });
const refused = await client.wowflow.balance().catch((error: unknown) => isApiError(error) && error.code);

const signed = await fetch(`${baseUrl}/webhook`);
const event = await verifyWebhook({ secret: secret ?? "", headers: signed.headers, body: await signed.text() });
console.log(JSON.stringify([result.imageUrl, refused, event.event]));
