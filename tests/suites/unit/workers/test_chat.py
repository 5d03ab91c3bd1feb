"""Instructions to chat models, and the parsing of their answers."""

import pytest

from tests.suites.conformance.case import a_call
from workers.adapters import chat
from workers.adapters.contract import Done, Rejected


@pytest.mark.parametrize(
    ("answer", "variations"),
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
def test_chat_answer_is_split_into_variations(answer: str, variations: list[str]) -> None:
    """Variations come from several JSON shapes, from lists or from plain text, and the first one is the text."""
    assert Done(text=variations[0], facts={"variations": variations}) == chat.read_text(
        a_call("enhance", "m", count=2), answer
    )


def test_chat_answer_is_cut_to_the_requested_count() -> None:
    """Variations above the requested count are dropped."""
    done = chat.read_text(a_call("enhance", "m", count=1), '{"variations": ["one", "two"]}')
    assert Done(text="one", facts={"variations": ["one"]}) == done


@pytest.mark.parametrize(
    ("answer", "text", "caption", "tags"),
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
def test_description_has_prompt_caption_and_tags(answer: str, text: str, caption: str, tags: list[str]) -> None:
    """Prompt, caption and tags come from JSON, or are derived from plain text."""
    done = chat.read_text(a_call("interrogate", "m", ""), answer)
    assert Done(text=text, facts={"caption": caption, "tags": tags}) == done


@pytest.mark.parametrize("answer", ["", "  \n", "<think>Hm.</think>", "<think>Hm, and no end"])
@pytest.mark.parametrize("kind", chat.KINDS)
def test_chat_answer_is_rejected_when_empty(kind: str, answer: str) -> None:
    """An answer that is empty or contains only reasoning raises Rejected with `provider_failed`."""
    with pytest.raises(Rejected) as caught:
        chat.read_text(a_call(kind, "m"), answer)
    assert "provider_failed" == caught.value.code


def test_system_prompt_states_the_requested_options() -> None:
    """The system prompt contains type, tone, length, mode and count, and is empty without options."""
    text = chat.system_prompt(a_call("text", "m", type="blog", tone="dry", length="short"))
    expected = "Write exactly the requested text, and nothing else. type: blog. tone: dry. About 80 words at most."
    assert expected == text
    assert "" == chat.system_prompt(a_call("text", "m"))
    enhance = chat.system_prompt(a_call("enhance", "m", mode="pixel", count=2))
    assert "generative pixel models" in enhance
    assert '{"variations": [2 different improved prompts as strings]}' in enhance
