"""The quantities of an order, by the units of prices, from its input and prompt alone."""

from collections.abc import Mapping

from shared.domain.price_rule import TOKENS, Unit

COMPLETION_KINDS = ("text", "enhance", "interrogate")
PROMPT_KINDS = ("text", "enhance")  # the tokens of an image are the provider's to count
INSTRUCTION_TOKENS = 1_000  # the most that an adapter adds to a prompt
COMPLETION_TOKENS = 4_096  # the limit of a completion, reasoning included: it is billed by its length
MESSAGE_TOKENS = 16  # the most that stand for the role of a message, and for its end
IMAGE_TOKENS = 4_000  # the most of one image that a text model reads
MESSAGES = "messages"  # the input field with a conversation
WORDS = {"short": 80, "medium": 300, "long": 900}  # of `length`
MS_PER_S = 1_000


def words_max(given: Mapping[str, object]) -> int | None:
    """Return the longest text that an input requests, in words."""
    limit = given.get("words_max")
    return limit if isinstance(limit, int) else WORDS.get(str(given.get("length")))


def completion_tokens_max(given: Mapping[str, object]) -> int:
    """Return the limit of a completion, in tokens, that adapters send with an input."""
    limit = given.get("max_tokens")
    if isinstance(limit, int):
        return limit
    return max(COMPLETION_TOKENS, 2 * (words_max(given) or 0) + INSTRUCTION_TOKENS)


def most_of(kind: str, given: Mapping[str, object], prompt: str, duration_s: int | None = None) -> dict[Unit, int]:
    """Return the most of each unit that an order can use. A unit that nothing bounds is absent.

    `duration_s` is the length of the model's outputs if the input has no `seconds`. A token is at least one byte.
    """
    outputs = number(given.get("count")) or 1
    most: dict[Unit, int] = {"output": outputs, "1k_characters": len(prompt)}
    seconds = given.get("seconds") or duration_s
    if isinstance(seconds, int | float):
        most["second"] = round(seconds * MS_PER_S) * outputs
    width, height = number(given.get("width")), number(given.get("height"))
    if width and height:
        most["megapixel"] = width * height * outputs
    if kind in COMPLETION_KINDS:
        most["1m_output_tokens"] = completion_tokens_max(given)
    if kind in PROMPT_KINDS:
        most["1m_input_tokens"] = _input_tokens_max(given, prompt)
    return most


def chars_of(messages: object) -> int:
    """Return the number of characters in the messages of a conversation."""
    return sum(len(text) for text in _contents(messages))


def _contents(messages: object) -> list[str]:
    return [str(one.get("content")) for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []


def _input_tokens_max(given: Mapping[str, object], prompt: str) -> int:
    """Return the most tokens of a conversation, or else of a prompt, and of the images with them."""
    texts, images = _contents(given.get(MESSAGES)) or [prompt], given.get("image_urls")
    tokens = sum(len(text.encode(errors="surrogatepass")) + MESSAGE_TOKENS for text in texts)
    return tokens + INSTRUCTION_TOKENS + IMAGE_TOKENS * (len(images) if isinstance(images, list) else 0)


def tokens_of(facts: Mapping[str, object]) -> dict[Unit, int]:
    """Return the tokens that a provider reported with its result; a number that is not one is left out."""
    names: dict[Unit, object] = {
        "1m_input_tokens": facts.get("prompt_tokens"),
        "1m_output_tokens": facts.get("completion_tokens"),
    }
    return {unit: count for unit, value in names.items() if unit in TOKENS and (count := number(value)) is not None}


def number(value: object) -> int | None:
    """Return a value if it is an integer from 0, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
