"""The caller's own facts about an order are bounded, and the refusal says how."""

import pytest

from shared.domain.errors import Refused
from shared.domain.metadata import BYTES_MAX, check_metadata, metadata_filter


@pytest.mark.parametrize(
    "given",
    [{"user": "u_1"}, {"a b": ""}, {"\N{FOX FACE}.x-1": "\N{FOX FACE}" * 512}, {f"k{n}": "v" for n in range(16)}],
)
def test_pairs_of_texts_are_taken(given: dict[str, object]) -> None:
    """Names and values may have any letters."""
    assert given == check_metadata(given)


@pytest.mark.parametrize("given", [None, {}])
def test_no_pairs_are_none(given: dict[str, object] | None) -> None:
    """An empty object stores nothing."""
    assert check_metadata(given) is None


@pytest.mark.parametrize(
    "given",
    [
        *({f"k{n}": "v" for n in range(17)}, {"k": "v" * 513}, {"k": 1}, {"k": None}, {"k": "a\0"}, {"": "v"}),
        *({"k" * 65: "v"}, {'a"b': "v"}, {"a\\b": "v"}, {"a\nb": "v"}),
        {f"k{n}": "\N{FOX FACE}" * 500 for n in range(BYTES_MAX // 2000 + 1)},
    ],
    ids=repr,
)
def test_others_are_refused(given: dict[str, object]) -> None:
    """More pairs, longer texts, other types and unusual names are refused under the name of the field."""
    with pytest.raises(Refused) as refused:
        check_metadata(given)
    assert ("invalid_input", "metadata") == (refused.value.code, refused.value.field)


def test_query_filters_by_pairs() -> None:
    """Each parameter `metadata.NAME` is a pair; the others are not."""
    query = {"metadata.user": "u_1", "metadata.a.b": "", "model": "m"}
    assert (("a.b", ""), ("user", "u_1")) == metadata_filter(query)
    for name, value in (("metadata.", "v"), ("metadata.k", "v" * 513), ('metadata.a"', "v")):
        with pytest.raises(Refused):
            metadata_filter({name: value})
