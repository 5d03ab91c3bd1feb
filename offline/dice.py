"""Reproducible randomness: the same prompt and seed give the same numbers on every machine."""

import numpy as np

from offline.text_hash import text_hash


class Dice:
    """Independent generators by name, so that adding a cloud does not move a tree."""

    def __init__(self, prompt: str, seed: int) -> None:
        self.key = f"{seed}\0{prompt}"

    def __call__(self, name: str) -> np.random.Generator:
        """Return a fresh generator for this name, which gives the same numbers on every call."""
        return np.random.default_rng(text_hash(f"{self.key}\0{name}"))
