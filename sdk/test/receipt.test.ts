import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isReceiptVerificationError, type Receipt, type ReceiptKeys, verifyReceipt } from "../src/index.ts";

interface Vector {
  receipt: Receipt;
  keys: ReceiptKeys;
}

/** A receipt that the gateway's own code made. */
function vector(): Vector {
  const path = "../tests/suites/unit/domain/receipt_vector.json";
  return JSON.parse(readFileSync(path, "utf8")) as Vector;
}

async function expectRefusal({ receipt, keys }: Vector, reason: RegExp): Promise<void> {
  await assert.rejects(
    verifyReceipt(receipt, keys),
    (error) => isReceiptVerificationError(error) && reason.test(error.message),
  );
}

test("a receipt of several days verifies with the public key alone", async () => {
  const { receipt, keys } = vector();
  assert.equal((await verifyReceipt(receipt, keys)).status, "included");
  assert.equal(receipt.lines.length, 3);
  assert.ok(receipt.days.length > 1);
});

test("a changed receipt is refused with its reason", async () => {
  const changes: [(changed: Vector) => void, RegExp][] = [
    [(changed) => (changed.receipt.generation.cost_micros = 39), /signature of the receipt/],
    [(changed) => (changed.receipt.generation.model = "other"), /signature of the receipt/],
    [(changed) => (changed.receipt.lines[0]!.amount_micros = -49), /ledger entry 2 differs/],
    [(changed) => (changed.receipt.lines[0]!.proof!.path = []), /ledger entry 2 is not in the tree/],
    [(changed) => (changed.receipt.days[0]!.head = "ab".repeat(32)), /the account is not in the tree/],
    [(changed) => (changed.receipt.days[0]!.trees = []), /the account is not in the tree/],
    [(changed) => (changed.receipt.days[0]!.signed.root = "ab".repeat(32)), /signature of day/],
    [(changed) => (changed.receipt.days = []), /which is missing/],
    [(changed) => (changed.receipt.signature = "zz"), /signature of the receipt/],
    [(changed) => (changed.receipt.version = 2), /version 2/],
    [(changed) => (changed.keys.keys = []), /not among the public keys/],
    [(changed) => (changed.keys.keys[0]!.public_key = "00".repeat(32)), /signature of the receipt/],
  ];
  for (const [change, reason] of changes) {
    const changed = vector();
    change(changed);
    await expectRefusal(changed, reason);
  }
});
