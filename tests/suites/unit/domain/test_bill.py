import pytest

from shared.domain import bill
from shared.domain.bill import BillError, read


def test_bill_is_read_by_its_columns() -> None:
    """Columns are found by name, amounts are USD, amounts of one reference are added, and empty lines are skipped."""
    lines = ["Date, Amount ,REFERENCE", "1,0.02,a", "", "1,$1.5,b", '2,-0.01,"a"', "2,0.0000004,c", " , , "]
    assert {"a": 10_000, "b": 1_500_000, "c": 0} == read(lines)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "line 1: column reference and column amount missing"),
        (["reference,price", "a,1"], "line 1: column amount missing"),
        (["reference,amount", "a"], "line 2: too few columns (1)"),
        (["reference,amount", "a,1", " ,1"], "line 3: the reference is empty"),
        (["reference,amount", "a,much"], "line 2: 'much' is not an amount in USD"),
        (["reference,amount", "a,NaN"], "line 2: 'NaN' is not an amount in USD up to"),
        (["reference,amount", "a,1000001"], "line 2: '1000001' is not an amount in USD up to 1,000,000"),
        (["reference,amount", 'a,"1'], "line 2: this is not valid CSV"),
    ],
)
def test_bill_error_names_the_line(lines: list[str], message: str) -> None:
    """A bill that cannot be read is refused with the line and the reason."""
    with pytest.raises(BillError) as caught:
        read(lines)
    assert str(caught.value).startswith(message)


def test_bill_with_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bill with too many lines is refused before its end is read."""
    monkeypatch.setattr(bill, "LINES_MAX", 3)
    with pytest.raises(BillError, match="at most 3 lines"):
        read(["reference,amount", *["a,1"] * 5])
