"""Each rule of names lists its offenders, and nothing else."""

import pytest

from tests.programs.style.names import acting_nouns, shared_class_names
from tests.programs.style.source import Source


@pytest.mark.parametrize(
    "text",
    [
        "async def waiting(): ...",
        "def closed(x) -> None: ...",
        "def refused(x) -> NoReturn: ...",
        "def counted(seen):\n    seen['x'] = 1\n    return seen",
        "class A:\n    def emptied(self):\n        self.x = 1\n        return self",
        "async def _quietly(): ...",
    ],
)
def test_action_without_a_verb_is_an_offender(text: str) -> None:
    """A function that awaits, writes, or returns nothing is listed if its name begins with no verb."""
    assert 1 == len(acting_nouns(Source("gateway/x.py", text)))


@pytest.mark.parametrize(
    "text",
    [
        "async def wait(): ...",
        "def price(x) -> int:\n    y = {}\n    y['x'] = x\n    return y['x']",
        "async def __aenter__(self): ...",
        "async def test_prices_are_integers(): ...",
        "@pytest.fixture\nasync def caller(): ...",
        "@pytest_asyncio.fixture(scope='module')\nasync def caller(): ...",
    ],
)
def test_value_may_have_the_name_of_a_noun(text: str) -> None:
    """Pure functions, fixtures, and names that others chose pass."""
    assert [] == acting_nouns(Source("gateway/x.py", text))


def test_class_name_used_twice_is_an_offender() -> None:
    """A public class name occurs once, private ones and every provider's Adapter aside."""
    texts = (
        "class Desk: ...\nclass _Own: ...\nclass Adapter: ...",
        "class Desk: ...\nclass _Own: ...\nclass Adapter: ...",
    )
    assert ["Desk"] == shared_class_names(Source(f"gateway/{number}.py", text) for number, text in enumerate(texts))
