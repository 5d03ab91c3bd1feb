"""Reproducible randomness: the same prompt and seed give the same numbers on every machine."""

from hashlib import blake2b

import numpy as np


class Dice:
    """Independent generators by name, so that adding a cloud does not move a tree."""

    def __init__(self, prompt: str, seed: int) -> None:
        self.key = f"{seed}\0{prompt}"

    def __call__(self, name: str) -> np.random.Generator:
        """Return a fresh generator for this name, which gives the same numbers on every call."""
        return np.random.default_rng(text_hash(f"{self.key}\0{name}"))


def text_hash(text: str) -> int:
    """Return a 128-bit number for any text, the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")
