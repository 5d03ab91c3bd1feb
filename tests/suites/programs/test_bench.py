"""Tests of how the bench program judges its figures."""

import msgspec
import pytest

from tests.programs.bench.__main__ import rows_as_json, table
from tests.programs.bench.load import Connection, Result, find_saturation
from tests.programs.bench.report import MET, MISSED, draw_chart, share_of_target, write_page
from tests.programs.bench.row import Row, divide
from tests.programs.bench.rows import lists, rewrite, whole


def result(per_s: int, p99_ms: float = 2.0) -> Result:
    """Return the result of a run of one second."""
    return Result(began_ns=0, ended_ns=10**9, accepted=per_s, p50_ms=1.0, p99_ms=p99_ms)


@pytest.mark.parametrize("order", [1, -1])
def test_load_reads_responses_whose_length_stands_anywhere(order: int) -> None:
    """The type of a response may come before or after its length."""
    headers = [b"Content-Type: application/json", b"Content-Length: 2"][::order]
    response = b"\r\n".join([b"HTTP/1.1 200 OK", *headers, b"", b"{}"])
    read = list[tuple[int, bytes]]()
    connection = Connection(b"", lambda _, status, body: read.append((status, body)))
    connection.data_received(response[:-1])
    connection.data_received(response[-1:])
    assert [(200, b"{}")] == read


def test_row_has_the_median_and_the_spread_of_its_rounds() -> None:
    """One odd round moves the spread, not the ratio."""
    row = Row(name="rate", value=6, unit="/s", ratios=divide([4, 6, 9], [2, 2, 1]), target=3)
    assert (3, "2.00 - 9.00", "met") == (row.ratio, row.spread, row.result)
    [shown] = rows_as_json([row])
    assert (3, (2, 3, 9), "met") == (shown["ratio"], shown["ratios"], shown["result"])


def test_row_shows_no_spread_of_one_round() -> None:
    """One round says nothing about noise."""
    assert Row(name="rate", value=6, unit="/s", ratios=(2,)).spread == ""


def test_divide_refuses_rounds_without_a_baseline() -> None:
    """A ratio needs both figures of its round."""
    with pytest.raises(ValueError, match="shorter"):
        divide([4, 6], [2])


def test_saturation_names_the_load_that_the_machine_held() -> None:
    """The slowest run decides, and a few requests short are not a saturated machine."""
    assert find_saturation(100, result(95)) == ""
    assert find_saturation(100, result(100), result(60)) == "held 60 of 100/s"


def test_saturated_row_is_not_measured_even_where_its_figure_would_do() -> None:
    """A figure at a lower load than the row names is worth nothing, whether good or bad."""
    row = Row(name="p99", value=1, unit="ms", target=5, at_most=True, saturated="held 60 of 100/s")
    assert "not measured" == row.result
    [measured] = table([row]).columns[1].cells
    assert "(held 60 of 100/s)" == measured


def test_ratio_counts_when_only_the_disturbed_run_fell_behind() -> None:
    """The baseline held the load, so the machine could: the slow run is a figure of the product."""
    alone, beside = [result(lists.PER_S)], [result(lists.PER_S // 2, p99_ms=20.0)]
    assert "" == lists.rows(alone, beside, {"gateway": 1.0}, result(5))[1].saturated
    assert lists.rows(beside, beside, {"gateway": 1.0}, result(5))[1].saturated
    assert "" == rewrite.row([result(rewrite.PER_S)], [result(1, p99_ms=20.0)], 300).saturated


def test_paced_rows_of_both_systems_need_the_pace() -> None:
    """Latencies at half of the pace are compared with nothing."""
    for whose in ("", f"{whole.STOCK}: "):
        found = whole.paced_rows(whose, result(whole.PACE_PER_S // 2), [1, 2, 3])
        assert ["not measured"] * 2 == [row.result for row in found]
    held = whole.paced_rows("", result(whole.PACE_PER_S), [1, 2, 3])
    assert ["met", "met"] == [row.result for row in held]
    assert ["not measured"] * 4 == [row.result for row in whole.webhook_rows([1.0], [2.0], "", "held 9 of 10/s")]
    assert msgspec.json.encode(rows_as_json(held))


def test_page_and_chart_show_what_was_met_and_missed() -> None:
    """A reader sees each figure next to its target, and which one misses it."""
    good = Row(name="rate", value=6, unit="/s", ratios=(2.0, 4.0), target=2)
    slow = Row(name="p99", value=20, unit="ms", target=5, at_most=True)
    none = Row(name="free", value=1, unit="ms")
    page = write_page([good, slow, none], {"cores": 2}, "2026-01-01T00:00:00Z")
    assert "| rate | 6.00 /s | 3.00 x | 2.00 - 4.00 | >= 2 x | met |" in page
    assert "| p99 | 20.00 ms |  |  | <= 5 ms | 4.00 x target |" in page
    assert [1.5, 0.25, None] == [share_of_target(row) for row in (good, slow, none)]
    colours = {f"#{red:02x}{green:02x}{blue:02x}" for _, (red, green, blue) in draw_chart([good, slow]).getcolors(9999)}
    assert {MET, MISSED} <= colours
