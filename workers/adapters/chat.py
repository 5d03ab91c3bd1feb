"""The kinds that any chat model serves: text, better prompts, words for a picture. What it is told, how it is read."""

import json
import re
from typing import Any

from workers.adapters.contract import Call, Done, Rejected, Setup, Unknown
from workers.adapters.http import Answer, reason
from workers.adapters.inputs import data_url, given

KINDS = ("text", "enhance", "interrogate")
VARIATIONS = 3  # where the caller does not say how many
WORDS = {"short": 80, "medium": 300, "long": 900}
TOKENS_MAX = 4_096  # of an answer, a model's thinking included; every answer has a bound, for it is paid by its length
TAGS_MAX, TAG_CHARS_MAX = 30, 60
STARTS_MAX = 50  # places in an answer where its JSON may begin

ENHANCE = (
    "You improve prompts for generative {what} models. Keep the subject and intent of the user's prompt; add concrete "
    "detail of composition, light, material and mood. Answer with JSON only: "
    '{{"variations": [{count} different improved prompts as strings]}}.'
)
INTERROGATE = (
    "Describe this picture so that an image model could draw it again. Answer with JSON only: "
    '{"prompt": "one detailed prompt", "caption": "one sentence", "tags": ["short", "words"]}.'
)


async def request(setup: Setup, call: Call) -> dict[str, object]:
    """The body of a chat completion for a call of one of KINDS. Raises Rejected for a picture that cannot be had."""
    system = instruction(call)
    content: object = call.prompt
    if call.kind == "interrogate":
        # By value: our own storage has no public address, and a model server near us must not fetch for strangers.
        picture = data_url(await setup.fetch(str(call.input.get("image_url"))))
        told = f"{INTERROGATE} {call.prompt}".strip()
        content = [{"type": "text", "text": told}, {"type": "image_url", "image_url": {"url": picture}}]
    messages = [{"role": "system", "content": system}] if system else []
    return {
        "model": call.model,
        "messages": [*messages, {"role": "user", "content": content}],
        "max_tokens": tokens_max(call),
        **given(seed=call.input.get("seed")),
    }


def instruction(call: Call) -> str:
    """What a model is told before the prompt; "" if the prompt says it all."""
    if call.kind == "enhance":
        return ENHANCE.format(what=call.input.get("mode") or "image", count=call.input.get("count") or VARIATIONS)
    if call.kind != "text":
        return ""
    asked = [f"{name}: {call.input[name]}." for name in ("type", "tone") if call.input.get(name)]
    asked += [f"About {words_max(call)} words at most."] if words_max(call) else []
    return " ".join(["Write what the user asks for, and nothing else.", *asked]) if asked else ""


def words_max(call: Call) -> int | None:
    """How long a text may be, as asked for."""
    most = call.input.get("words_max")
    return most if isinstance(most, int) else WORDS.get(str(call.input.get("length")))


def tokens_max(call: Call) -> int:
    """The bound of an answer."""
    return max(TOKENS_MAX, 2 * (words_max(call) or 0) + 1_000)


def done(call: Call, answer: Answer) -> Done:
    """The result in a chat completion. Raises Rejected for a refusal or a failure, Unknown if it is none."""
    body = answer.fields
    choices = body.get("choices")
    if body.get("error"):  # some answer 200 once they have begun
        moderated = isinstance(body["error"], dict) and body["error"].get("code") == 403
        raise Rejected("content_policy" if moderated else "provider_failed", reason(answer))
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Unknown(f"no chat completion: {reason(answer)}")
    message, finish = choices[0].get("message"), choices[0].get("finish_reason")
    message = message if isinstance(message, dict) else {}
    if message.get("refusal") or finish == "content_filter":
        raise Rejected("content_policy", str(message.get("refusal") or "The model refused this."))
    if choices[0].get("error") or finish == "error":
        raise Rejected("provider_failed", "The model failed while it answered.")
    result = read(call, _text(message.get("content")))
    used = body.get("usage")
    tokens = {name: used.get(name) for name in ("prompt_tokens", "completion_tokens")} if isinstance(used, dict) else {}
    result.facts.update(given(**tokens, truncated=True if finish == "length" else None))
    return result


def read(call: Call, content: str) -> Done:
    """What a model said, by the call's kind. Raises Rejected if it said nothing."""
    said = re.sub(r"\A\s*<think>.*?(</think>|\Z)", "", content, flags=re.DOTALL).strip()
    if not said:
        raise Rejected("provider_failed", "The model answered with nothing.")
    if call.kind == "enhance":
        found = _variations(said)[: int(str(call.input.get("count") or VARIATIONS))]
        return Done(text=found[0], facts={"variations": found})
    if call.kind == "interrogate":
        return _description(said)
    return Done(text=said)


def _text(content: object) -> str:
    """The words of a message, which some send in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _json(said: str) -> Any:
    """The first JSON object or list in a text that may have words or a fence around it; None without one."""
    for start in [found.start() for found in re.finditer(r"[\[{]", said)][:STARTS_MAX]:
        try:
            return json.JSONDecoder().raw_decode(said, start)[0]
        except (ValueError, RecursionError):
            continue
    return None


def _variations(said: str) -> list[str]:
    """The prompts in an answer: of its JSON, else its numbered lines, else all of it as one."""
    found = _json(said)
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), [*found.values()])
    items = [next(iter(item.values()), "") if isinstance(item, dict) else item for item in found or ()]
    texts = [item.strip() for item in items if isinstance(item, str) and item.strip()]
    lines = re.findall(r"(?m)^\s*(?:[-*•]|\d+[.)])\s+(.+?)\s*$", said)
    return texts or [line.strip("\"'") for line in lines] or [said]


def _description(said: str) -> Done:
    """Prompt, caption and tags of an answer: of its JSON, else all of it, its first sentence, its comma-separated."""
    found = _json(said)
    found = found if isinstance(found, dict) else {}
    prompt = found.get("prompt") if isinstance(found.get("prompt"), str) else None
    caption = found.get("caption") if isinstance(found.get("caption"), str) else None
    tags = found.get("tags")
    if not isinstance(tags, list):
        listed = tags if isinstance(tags, str) else said if not found and said.count(",") >= 3 else ""
        tags = listed.split(",")
    short = [str(tag).strip() for tag in tags if isinstance(tag, str) and 0 < len(tag.strip()) <= TAG_CHARS_MAX]
    text = prompt or caption or said
    facts: dict[str, object] = {"caption": caption or re.split(r"(?<=[.!?])\s", text)[0], "tags": short[:TAGS_MAX]}
    return Done(text=text, facts=facts)
