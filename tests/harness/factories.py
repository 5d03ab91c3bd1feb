"""Objects with defaults: a test names only the fields that it is about."""

import os
import time
from functools import cache
from pathlib import Path

from msgspec import Struct, structs

from shared.domain import catalogue_file
from shared.domain.catalogue import Catalogue, OrderCost, Plan
from shared.domain.generation import TERMINAL, Spec
from shared.domain.ids import key_hash, uuid7
from shared.domain.price_rule import Sale, flat
from shared.ops import catalogue_files
from shared.ops.settings import ROOT
from shared.store import accounts, generations, ledger
from shared.store.connect import Store
from shared.store.ledger import Order, RouteOffer

DOUBLES = Path(__file__).parent / "doubles"
CENTS = 10_000
PLAN = Plan(name="pro", daily_quota=None, concurrency=100, backlog_max=100)
SPEC = Spec("wowflow", "image", "test/noop", "noop", "a red boat", {})


class Customer(Struct, frozen=True, kw_only=True):
    """An account that can create generations."""

    account: str
    key: str
    hash: str


def flat_cost(micros: int) -> OrderCost:
    """Return a cost of a route that is the same for every order, in micro-USD."""
    return lambda given, prompt: Sale(flat(micros).agreed(given), {})


async def create_customer(store: Store, *, cents: int = 100, **plan: int) -> Customer:
    """Create an account with a key and money, on a plan with the given limits."""
    chosen = structs.replace(PLAN, name=f"p{len(plan)}{sum(plan.values())}" if plan else "pro", **plan)
    await accounts.publish_plans(store, [chosen])
    account = await accounts.create(store, name="Ada", plan=chosen.name)
    _, key = await accounts.create_key(store, account.id, "wowflow")
    if cents:
        await ledger.top_up(store, account.id, cents * CENTS, "first")
    return Customer(account=account.id, key=key, hash=key_hash(key))


def new_generation_id() -> str:
    """Return a new id."""
    return uuid7(time.time_ns(), os.urandom(8))


def make_offer(**changes: object) -> RouteOffer:
    """Return an offer of provider noop at 10 cents."""
    offer = RouteOffer(provider="noop", price_micros=10 * CENTS, spec=SPEC, run_ms=60_000)
    return structs.replace(offer, **changes)


def make_order(customer: Customer, **changes: object) -> Order:
    """Return an order with one offer, whose fields may be given here too."""
    of_offer = {name: changes.pop(name) for name in RouteOffer.__struct_fields__ if name in changes}
    order = Order(id=new_generation_id(), key_hash=customer.hash, offers=(make_offer(**of_offer),), queue_ms=60_000)
    return structs.replace(order, **changes)


async def check_is_open(store: Store, generation_id: str) -> bool:
    """Return whether a generation exists and is not settled."""
    found = await generations.view(store, "", generation_id)
    return found is not None and found.state not in TERMINAL


def write_catalogue(folder: Path, paid_url: str = "http://127.0.0.1:1") -> Path:
    """Write the tests' catalogue to a file, with its paid provider at `paid_url`."""
    path = folder / "catalogue.toml"
    path.write_text((DOUBLES / "catalogue.toml").read_text().replace("PAID_URL", paid_url))
    return path


def load_catalogue() -> Catalogue:
    """Return the tests' catalogue."""
    return catalogue_file.parse((DOUBLES / "catalogue.toml").read_text().replace("PAID_URL", "http://127.0.0.1:1"))


@cache
def load_shipped_catalogue() -> Catalogue:
    """Return the shipped catalogue, which takes a tenth of a second to load."""
    return catalogue_files.load(str(ROOT / "deploy" / "catalogue.toml"))


def doubles_env(folder: Path, paid_url: str = "http://127.0.0.1:1") -> dict[str, str]:
    """Return the environment of processes that use the doubles."""
    return {"CATALOGUE": str(write_catalogue(folder, paid_url)), "ADAPTERS": "tests.harness.doubles.adapters"}
