from textwrap import dedent

import pytest

from shared.domain.catalogue_lines import line_of

SCATTERED = dedent("""\
    a.b = 1
    [ "t x" . u ]  # header
    k = { inner = 1 }
    [[list]]
    x = 1
    [[list.sub]]
    y = 1
    [[list.sub]]
    y = 2
    [[list]]
    [list.table]
    'q' = 1
    [[list.sub]]
    y = 3
""")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a", "b"), 1),
        (("t x",), 2),
        (("t x", "u"), 2),
        (("t x", "u", "k", "inner"), 3),
        (("list", 0), 4),
        (("list", 0, "x"), 5),
        (("list", 0, "sub", 1, "y"), 9),
        (("list", 1), 10),
        (("list", 1, "x"), 10),
        (("list", 1, "table", "q"), 12),
        (("list", 1, "sub", 0, "y"), 14),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_line_of_path_is_found(path: tuple[str | int, ...], line: int | None) -> None:
    """Paths are found for headers, dotted and quoted keys, and nested arrays of tables."""
    assert line == line_of(SCATTERED, path)
