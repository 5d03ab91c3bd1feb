"""The quantities of an order, by the units of prices, from its input and prompt alone."""

from collections.abc import Mapping

from shared.domain.price_rule import TOKENS, Unit

COMPLETION_KINDS = ("text", "enhance", "interrogate")
PROMPT_KINDS = ("text", "enhance")  # the tokens of an image are the provider's to count
INSTRUCTION_TOKENS = 1_000  # the most that an adapter adds to a prompt
COMPLETION_TOKENS = 4_096  # the limit of a completion, reasoning included: it is billed by its length
WORDS = {"short": 80, "medium": 300, "long": 900}  # of `length`
MS_PER_S = 1_000


def words_max(given: Mapping[str, object]) -> int | None:
    """Return the longest text that an input requests, in words."""
    limit = given.get("words_max")
    return limit if isinstance(limit, int) else WORDS.get(str(given.get("length")))


def completion_tokens_max(given: Mapping[str, object]) -> int:
    """Return the limit of a completion, in tokens, that adapters send with an input."""
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
        most["1m_input_tokens"] = len(prompt.encode(errors="surrogatepass")) + INSTRUCTION_TOKENS
    return most


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
