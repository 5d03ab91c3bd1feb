"""What chat models are told, and how their answers are read however they word them."""

import pytest

from tests.suites.conformance.case import a_call
from workers.adapters import chat
from workers.adapters.contract import Done, Rejected


@pytest.mark.parametrize(
    ("said", "variations"),
    [
        ('{"variations": ["one", "two"]}', ["one", "two"]),
        ('Sure!\n```json\n{"variations": ["one", "two"]}\n```\nEnjoy.', ["one", "two"]),
        ('["one", " two ", ""]', ["one", "two"]),
        ('{"prompts": [{"prompt": "one"}, {"prompt": "two"}]}', ["one", "two"]),
        ('{"first": "one", "second": "two"}', ["one", "two"]),
        ("Here are some:\n1. one\n2) two\n", ["one", "two"]),
        ('- "one"\n* two', ["one", "two"]),
        ("<think>Hm, [foxes] {are}.</think>\n\none", ["one"]),
        ("a red fox [close up], {sharp", ["a red fox [close up], {sharp"]),
        ("[" * 5000, ["[" * 5000]),
    ],
)
def test_variations_are_found(said: str, variations: list[str]) -> None:
    """Prompts are found in JSON of several shapes, in lists of lines, or are all of it; the first is the text."""
    assert Done(text=variations[0], facts={"variations": variations}) == chat.read_text(
        a_call("enhance", "m", count=2), said
    )


def test_no_more_variations_than_asked_for() -> None:
    """A model that cannot count does not matter."""
    done = chat.read_text(a_call("enhance", "m", count=1), '{"variations": ["one", "two"]}')
    assert Done(text="one", facts={"variations": ["one"]}) == done


@pytest.mark.parametrize(
    ("said", "text", "caption", "tags"),
    [
        ('{"prompt": "p", "caption": "c", "tags": ["a", "b"]}', "p", "c", ["a", "b"]),
        ('```\n{"prompt": "p", "caption": "c", "tags": "a, b"}\n```', "p", "c", ["a", "b"]),
        ('{"prompt": "A fox. It runs."}', "A fox. It runs.", "A fox.", []),
        ('{"caption": "c", "tags": [1, "", "a"]}', "c", "c", ["a"]),
        ("A fox. It runs.", "A fox. It runs.", "A fox.", []),
        ("fox, snow, dawn, oil", "fox, snow, dawn, oil", "fox, snow, dawn, oil", ["fox", "snow", "dawn", "oil"]),
        ('["fox"]', '["fox"]', '["fox"]', []),
    ],
)
def test_a_description_is_found(said: str, text: str, caption: str, tags: list[str]) -> None:
    """Prompt, caption and tags come from JSON, or are made of what was said."""
    done = chat.read_text(a_call("interrogate", "m", ""), said)
    assert Done(text=text, facts={"caption": caption, "tags": tags}) == done


@pytest.mark.parametrize("said", ["", "  \n", "<think>Hm.</think>", "<think>Hm, and no end"])
@pytest.mark.parametrize("kind", chat.KINDS)
def test_silence_is_a_failure(kind: str, said: str) -> None:
    """A model that says nothing, or only thinks, has failed."""
    with pytest.raises(Rejected) as caught:
        chat.read_text(a_call(kind, "m"), said)
    assert "provider_failed" == caught.value.code


def test_an_instruction_says_what_was_asked_for() -> None:
    """Type, tone and length of a text, purpose and number of prompts; nothing if nothing was asked for."""
    text = chat.system_prompt(a_call("text", "m", type="blog", tone="dry", length="short"))
    wanted = "Write exactly the requested text, and nothing else. type: blog. tone: dry. About 80 words at most."
    assert wanted == text
    assert "" == chat.system_prompt(a_call("text", "m"))
    enhance = chat.system_prompt(a_call("enhance", "m", mode="pixel", count=2))
    assert "generative pixel models" in enhance
    assert '{"variations": [2 different improved prompts as strings]}' in enhance
