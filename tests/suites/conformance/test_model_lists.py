"""Every adapter whose provider lists its models: unlisted ones are reported, and nothing is billed."""

import pytest

from tests.harness.doubles.double import Response
from tests.suites.conformance.case import Case
from tests.suites.conformance.cases import CASES
from tests.suites.conformance.test_conformance import adapter_of, connect
from workers.adapters.contract import Adapter, ModelNotice, load
from workers.model_check import check_models

# By adapter: the models, each with its kind; those that are missing.
LISTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "openai": ({"gpt-image-2:high": "image", "gpt-image-0": "image", "gpt-5-mini": "text"}, ["gpt-image-0"]),
    "fal": ({"fal-ai/flux/dev": "image", "fal-ai/flux/invented": "image"}, ["fal-ai/flux/invented"]),
    "replicate": ({"maker/model": "image", "maker/retired": "video", "deployments/a/b": "image"}, ["maker/retired"]),
    "pollinations": ({"schnell": "image", "old": "video", "openai": "text", "song": "music"}, ["old"]),
    "elevenlabs": ({"eleven_v3": "voice", "eleven_v0": "voice", "music_v1": "music"}, ["eleven_v0"]),
    "huggingface": ({"nobody/nothing:cerebras": "text", "fal-ai/flux:fal-ai": "image"}, ["nobody/nothing:cerebras"]),
}
FIRST = {adapter_of(case): case for case in reversed(CASES)}
each = pytest.mark.parametrize("name", LISTS)


def case_of(name: str) -> Case:
    """Return the first case of an adapter."""
    return FIRST[name]


def test_each_adapter_with_a_list_is_tested() -> None:
    """An adapter that reads a list of models has its models above."""
    assert {name for name in FIRST if load(name).find_notices is not Adapter.find_notices} == set(LISTS)


@each
async def test_missing_models_are_reported(name: str) -> None:
    """A model that is not in the list is reported, one of a kind without a list is not."""
    models, missing = LISTS[name]
    async with connect(case_of(name)) as (adapter, double):
        found = await check_models(name, adapter, models)
        assert (True, None) == (found.checked, found.error)
        assert missing == [notice.model for notice in found.notices if notice.missing]
        assert ({"other"}, 0) == ({request.role for request in double.requests}, double.accepted)


async def test_announced_end_is_reported() -> None:
    """OpenAI's list has the date on which a model ends."""
    async with connect(case_of("openai")) as (adapter, _):
        found = await check_models("openai", adapter, {"gpt-5-mini": "text"})
    assert [ModelNotice(model="gpt-5-mini", shutdown_date="2026-12-11")] == found.notices


@each
async def test_list_that_cannot_be_read_reports_nothing_missing(name: str) -> None:
    """A failure is an error of the check, and proves nothing about a model."""
    models, _ = LISTS[name]
    async with connect(case_of(name)) as (adapter, double):
        double.overrides["other"].extend([Response(503, {"error": "out"})] * 9)
        found = await check_models(name, adapter, models)
    assert (False, []) == (found.checked, found.notices)
    assert found.error
