"""The receipt that the SDK's tests verify, too: the format stays as it is."""

from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from shared.domain.receipt import PublicKeys, Receipt, ReceiptInvalid, text, verify

VECTOR = Path(__file__).parent / "receipt_vector.json"


class Vector(msgspec.Struct):
    """A receipt, and the keys that verify it."""

    receipt: Receipt
    keys: PublicKeys


def test_receipt_of_an_earlier_version_verifies() -> None:
    """A receipt that was issued once verifies forever, with nothing but the public key."""
    vector = msgspec.json.decode(VECTOR.read_bytes(), type=Vector)
    keys = {key.id: bytes.fromhex(key.public_key) for key in vector.keys.keys}
    verify(vector.receipt, keys)
    with pytest.raises(ReceiptInvalid):
        verify(structs.replace(vector.receipt, issued_ms=1), keys)


def test_fields_have_one_way_to_be_read() -> None:
    """Lengths are in bytes, and a missing field is neither an empty one nor a dash."""
    assert b"1:a,-,0:,1:-,2:12,2:\xc3\xa9," == text("a", None, "", "-", 12, "é")
