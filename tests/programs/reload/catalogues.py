"""Random catalogues for reloads: valid ones with other prices, models, providers and plans, and broken ones."""

from pathlib import Path
from random import Random

from msgspec import Struct

from tests.harness.factories import DOUBLES

FLAT, METERED, SOMETIMES = "test/noop", "test/image", "test/season"
CENTS_MAX, COUNT_MAX, MARKUP = 90, 4, 10_500  # micro-USD of a cent through the API
SEASON = """
[providers.season]

[[models]]
id = "test/season"
name = "Season"
kind = "image"
price_cents = 7
routes = [{ provider = "season", model = "noop" }]
"""


class Variant(Struct, frozen=True):
    """A catalogue file's bytes, and its prices in micro-USD: of a flat order, and of one image. None: broken."""

    raw: bytes
    prices: tuple[int, int] | None


def first_variant() -> Variant:
    """Return the catalogue to start with."""
    return _valid(Random(0))


def make_variant(dice: Random) -> Variant:
    """Return a random catalogue, one of three broken."""
    valid = _valid(dice)
    return valid if dice.random() < 2 / 3 else Variant(_broken(dice, valid.raw), None)


def write(path: Path, variant: Variant) -> None:
    """Put a catalogue where the processes read theirs, as a whole."""
    new = path.with_suffix(".new")
    new.write_bytes(variant.raw)
    new.rename(path)


def _valid(dice: Random) -> Variant:
    flat, image = dice.randint(1, CENTS_MAX), dice.randint(1, CENTS_MAX)
    text = (DOUBLES / "catalogue.toml").read_text().replace("PAID_URL", f"http://127.0.0.1:{dice.randint(1, 9)}")
    text = text.replace("price_cents = 10\napi_price_cents = 11\nroutes", f"price_cents = {flat}\nroutes", 1)
    metered = f'price = {{ parts = [{{ per = "output", cents = {image} }}] }}\ntimeout_s'
    text = text.replace("price_cents = 1\napi_price_cents = 2\ntimeout_s", metered, 1)
    text = text.replace("concurrency = 10000", f"concurrency = {dice.randint(5000, 10000)}")
    text = text.replace("hard edges", dice.choice(("hard edges", "soft edges")))
    if dice.random() < 0.5:
        text += SEASON
    return Variant(text.encode(), (flat * MARKUP, image * MARKUP))


def _broken(dice: Random, raw: bytes) -> bytes:
    text = raw.decode()
    return dice.choice(
        (
            raw[: raw.index(b"[[models]]") + 20],  # cut off
            b"",
            raw + b"\xff\xfe",
            text.replace('provider = "noop"', 'provider = "nobody"', 1).encode(),
            text.replace("[plans.guest]", "[plans.visitor]").encode(),
            (text + "\n[[models]\n").encode(),
            text.replace('model = "noop" }', 'model = "noop", cost_cents = 99 }', 1).encode(),
        )
    )
