"""Each rule of prose lists its offenders."""

from collections.abc import Callable

import pytest

from tests.programs.style import pages, prose
from tests.programs.style.source import Source

LONG = " ".join(["word"] * (prose.SENTENCE_WORDS_MAX + 1))


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (prose.nominal_docstrings, "def f():\n    'The price of a model.'"),
        (prose.nominal_docstrings, "class A:\n    def f(self):\n        'Whether it is open.'"),
        (prose.long_sentences, f'"""{LONG}."""'),
        (prose.long_sentences, f'def f():\n    """Return it. {LONG}."""'),
        (prose.pictures, "x = 'The picture is too large.'"),
        (prose.undescribed_tests, "def test_x(): pass"),
        (prose.undescribed_tests, "async def test_x():\n    'It works. And it is fast.'"),
    ],
)
def test_prose_rule_lists_an_offender(check: Callable[[Source], list[str]], text: str) -> None:
    """An offender is listed once."""
    assert 1 == len(check(Source("gateway/x.py", text)))


@pytest.mark.parametrize(
    "sentence",
    [
        "The caller is " + "told so.",
        "It stands be" + "side the record.",
        "The list is written an" + "ew.",
        "It stays for " + "ever.",
        "A fi" + "lm of five seconds.",
        "The job is taken " + "up again.",
        "Do not put it " + "off.",
        "The worker gives the job " + "up.",
        "The result was bro" + "ught later.",
        "The key is ke" + "pt.",
        "The provider is as" + "ked again.",
        "The sweeper looks " + "for it.",
        "This is " + "no failure.",
        "What is lost" + " comes back.",
        "It ends: who " + "waits is woken.",
    ],
)
@pytest.mark.parametrize("form", ['"""{}"""', "# {}", "def f():\n    '''Return it. {}'''", "raise ValueError('{}')"])
def test_banned_word_is_an_offender(sentence: str, form: str) -> None:
    """A word that another one replaces is found in docstrings, comments and messages."""
    assert 1 == len(prose.banned_words(Source("gateway/x.py", form.format(sentence))))


def test_plain_prose_passes() -> None:
    """Good sentences, questions, and code break no rule."""
    text = '"""Keys of the store."""\n# Why not a set? What for?\ndef f():\n    """Return it."""\n    return told("x")'
    checks = (prose.nominal_docstrings, prose.banned_words, prose.pictures, prose.long_sentences)
    assert [] == [offender for check in checks for offender in check(Source("gateway/x.py", text))]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.md", "A paragraph.\n\n- The key is ke" + "pt\n  for a day."),
        ("x.html", "<p>The key is ke" + "pt.</p>"),
        ("x.lua", "-- verb: the key is ke" + "pt.\nreturn 1"),
        ("x.ts", "/** The key is ke" + "pt. */\nconst kept = 1;"),
        ("x.toml", "kept = 1  # the key is ke" + "pt"),
        ("x.md", "What is lost\ncomes back."),
    ],
)
def test_banned_word_outside_python_is_an_offender(name: str, text: str) -> None:
    """A word that another one replaces is found once in pages and comments, and not in code."""
    assert 1 == len(pages.banned_words_of_pages(Source(name, text)))
    assert [] == pages.banned_words_of_pages(
        Source(name, text.replace("ke" + "pt", "`ke" + "pt`").replace("What", "It"))
    )


def test_sentences_end_at_list_items() -> None:
    """A list is not one long sentence."""
    assert ["One of:", "- a", "- b", "And more.", "Done."] == prose.sentences("One of:\n- a\n- b\n\nAnd more. Done.")
