import pytest

from shared.domain import bill
from shared.domain.bill import BillError, read


def test_a_bill_is_read_by_its_columns() -> None:
    """Columns are found by name, amounts are USD, lines of one reference are added up, empty ones are nothing."""
    lines = ["Date, Amount ,REFERENCE", "1,0.02,a", "", "1,$1.5,b", '2,-0.01,"a"', "2,0.0000004,c", " , , "]
    assert {"a": 10_000, "b": 1_500_000, "c": 0} == read(lines)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "line 1: no column reference and no column amount"),
        (["reference,price", "a,1"], "line 1: no column amount"),
        (["reference,amount", "a"], "line 2: it has 1 columns, too few"),
        (["reference,amount", "a,1", " ,1"], "line 3: the reference is empty"),
        (["reference,amount", "a,much"], "line 2: 'much' is not an amount in USD"),
        (["reference,amount", "a,NaN"], "line 2: 'NaN' is not an amount in USD up to"),
        (["reference,amount", "a,1000001"], "line 2: '1000001' is not an amount in USD up to 1,000,000"),
        (["reference,amount", 'a,"1'], "line 2: not CSV"),
    ],
)
def test_what_is_no_bill_is_told_with_its_line(lines: list[str], told: str) -> None:
    """A bill that cannot be used is refused with the line and the reason."""
    with pytest.raises(BillError) as caught:
        read(lines)
    assert str(caught.value).startswith(told)


def test_a_bill_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bill of too many lines is refused, and not read to its end."""
    monkeypatch.setattr(bill, "LINES_MAX", 3)
    with pytest.raises(BillError, match="at most 3 lines"):
        read(["reference,amount", *["a,1"] * 5])
