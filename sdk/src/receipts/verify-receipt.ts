import { ReceiptVerificationError } from "../errors.ts";
import type { Schemas } from "../schema.ts";
import { climb, fromHex, sha256, toHex } from "./merkle.ts";

/** A receipt of a generation: `GET /api/v1/generations/{id}/receipt`. */
export type Receipt = Schemas["Receipt"];

/** The public keys of a deployment: `GET /.well-known/wokflow-receipts`. */
export type ReceiptKeys = Schemas["PublicKeys"];

const RECEIPT_VERSION = 1;
const LINES = "ledger_lines";
const GENERATIONS = "generations";

type Value = string | number | null | undefined;

/**
 * Verify a receipt with nothing but the deployment's public keys, and return it. Throws ReceiptVerificationError if any
 * part of it is not what the deployment signed. A `provisional` receipt is signed, but not yet in a signed day.
 */
export async function verifyReceipt(receipt: Receipt, { keys }: ReceiptKeys): Promise<Receipt> {
  const known = new Map(keys.map((key) => [key.id, key.public_key]));
  assertThat(receipt.version === RECEIPT_VERSION, `version ${receipt.version} is not known`);
  const { generation, lines, days } = receipt;
  const digest = await digestGeneration(generation);
  const hashes = [toHex(digest), ...lines.map((line) => line.hash)];
  const about = [receipt.version, receipt.issuer, receipt.status, receipt.issued_ms, receipt.key_id];
  await checkSignature(known, receipt, encodeFields("wokflow receipt", ...about, ...hashes), "the receipt");
  await checkLines(receipt);
  for (const day of days) await checkDay(receipt, day, known);
  const included = [await checkPlace(receipt, generation.proof, GENERATIONS, digest, "the generation")];
  for (const line of lines) {
    const what = `ledger entry ${line.sequence}`;
    included.push(await checkPlace(receipt, line.proof, LINES, fromHex(line.hash), what));
  }
  assertThat(
    included.every(Boolean) === (receipt.status === "included"),
    "its status does not fit its proofs",
  );
  return receipt;
}

function digestGeneration(one: Schemas["ReceiptGeneration"]): Promise<Uint8Array> {
  return sha256(encodeFields(
    ...[GENERATIONS, one.id, one.account, one.kind, one.model, one.provider, one.state, one.error_code],
    ...[one.reserved_micros, one.cost_micros, one.credit_micros, one.created_ms, one.started_ms, one.closed_ms],
    ...[one.credit_ms, one.late_ms, one.output_sha256, ...one.hidden],
  ));
}

async function checkLines({ generation, lines }: Receipt): Promise<void> {
  let total = 0;
  for (const line of lines) {
    const facts = [line.sequence, line.at_ms, line.kind, line.amount_micros, generation.id];
    const text = [line.previous, generation.account, ...facts].join("\n");
    const hash = toHex(await sha256(new TextEncoder().encode(text)));
    assertThat(line.hash === hash, `ledger entry ${line.sequence} differs`);
    total += line.amount_micros;
  }
  const expected = (generation.credit_micros ?? 0) - generation.cost_micros;
  assertThat(total === expected, `the ledger entries sum to ${total}, not to ${expected} micro-dollars`);
}

async function checkDay(receipt: Receipt, day: Schemas["ReceiptDay"], keys: Map<string, string>): Promise<void> {
  const { signed } = day;
  const about = [signed.day, signed.size, signed.root, signed.previous_day, signed.previous_root];
  const text = encodeFields(
    ...["wokflow day", RECEIPT_VERSION, receipt.issuer, ...about, signed.signed_ms, signed.key_id],
  );
  await checkSignature(keys, signed, text, `day ${signed.day}`);
  const trees = day.trees.flatMap((tree) => [tree.name, tree.size, tree.root]);
  const lines = [day.after, day.sequence, day.head];
  const leaf = await sha256(encodeFields("account", receipt.generation.account, signed.day, ...lines, ...trees));
  const root = await climb(leaf, { index: day.index, size: signed.size, path: day.path });
  assertThat(root === signed.root, `the account is not in the tree of day ${signed.day}`);
}

async function checkPlace(
  receipt: Receipt,
  proof: Schemas["Proof"] | null | undefined,
  name: string,
  leaf: Uint8Array,
  what: string,
): Promise<boolean> {
  if (!proof) return false;
  const day = receipt.days.find((one) => one.signed.day === proof.day);
  assertThat(day !== undefined, `${what} is of day ${proof.day}, which is missing`);
  const [tree, ...others] = day?.trees.filter((one) => one.name === name) ?? [];
  assertThat(tree !== undefined && others.length === 0, `${what} is in no tree of day ${proof.day}`);
  const root = await climb(leaf, { index: proof.index, size: tree?.size ?? 0, path: proof.path });
  assertThat(root === tree?.root, `${what} is not in the tree of day ${proof.day}`);
  return true;
}

async function checkSignature(
  keys: Map<string, string>,
  signed: { key_id?: string; signature?: string },
  text: Uint8Array<ArrayBuffer>,
  what: string,
): Promise<void> {
  const hex = keys.get(signed.key_id ?? "");
  const unknown = `${what} is signed with the key ${signed.key_id}, which is not among the public keys`;
  assertThat(hex !== undefined, unknown);
  const raw = Uint8Array.from(fromHex(hex ?? ""));
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  const signature = Uint8Array.from(fromHex(signed.signature ?? ""));
  assertThat(await crypto.subtle.verify("Ed25519", key, signature, text), `the signature of ${what} is wrong`);
}

/** Return fields as one text: each with its length in bytes, `-` for a missing one. */
function encodeFields(...values: readonly Value[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts = values.map((value) =>
    value === null || value === undefined ? "-," : `${encoder.encode(String(value)).length}:${value},`
  );
  return Uint8Array.from(encoder.encode(parts.join("")));
}

function assertThat(holds: boolean, reason: string): void {
  if (!holds) throw new ReceiptVerificationError(`The receipt is refused: ${reason}.`);
}
