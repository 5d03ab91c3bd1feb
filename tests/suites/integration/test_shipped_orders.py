"""Orders of the shipped catalogue in the store: their reservations, their charges and the ledger."""

from itertools import islice

import pytest

from shared.domain.catalogue import KINDS, Model
from shared.domain.generation import COMPLETED, FAILED, Outcome, Spec
from shared.store import accounts, check, ledger
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.factories import Customer, create_customer, load_shipped_catalogue, make_order

SHIPPED = load_shipped_catalogue()
OF_EACH_KIND = 6
CENTS = 100_000
PROMPT = "a red fox in the snow"
USED = {"1m_input_tokens": 17, "1m_output_tokens": 230}


def sample(kind: str) -> list[Model]:
    """Return models of a kind, those with a price that depends on the order first."""
    models = [model for model in SHIPPED.models.values() if model.kind == kind]
    return list(islice(sorted(models, key=lambda model: model.price.flat_micros is not None), OF_EACH_KIND))


async def order(store: Store, customer: Customer, model: Model, *, ends: str) -> int:
    """Accept an order of a model's defaults, settle it, and return the charge."""
    given = model.typical_input()
    sale = model.sale(given, PROMPT)
    spec = Spec("wowflow", model.kind, model.id, model.routes[0].model, PROMPT, given, sale=sale)
    accepted = make_order(customer, spec=spec, price_micros=sale.reserved_micros)
    before = await accounts.find(store, customer.account)
    await ledger.accept(store, accepted)
    held = await accounts.find(store, customer.account)
    assert before is not None
    assert held is not None
    assert sale.reserved_micros == before.balance - held.balance
    charge = sale.settle(tokens=USED) if ends == COMPLETED else 0  # type: ignore[arg-type]
    await ledger.settle(store, accepted.id, ends, cost_micros=charge, outcome=Outcome())
    assert charge <= sale.reserved_micros
    return charge


@pytest.mark.parametrize("kind", KINDS)
async def test_ledger_is_the_sum_of_the_charges(store_url: str, kind: str) -> None:
    """For models of each kind: the balance is the top-up less the charges, and the sum of the ledger."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=CENTS)
        charged = 0
        for model in sample(kind):
            charged += await order(store, customer, model, ends=COMPLETED)
            charged += await order(store, customer, model, ends=FAILED)
        account = await accounts.find(store, customer.account)
        lines = await ledger.list_entries(store, customer.account)
        assert account is not None
        assert CENTS * 10_000 - charged == account.balance == sum(line.amount_micros for line in lines)
        report = Report()
        await check.check_ledger(store, report)
        assert [] == report.findings
