"""Jobs while the store is down: they are retried, because arq would end a job that raises anything else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from arq.worker import Retry as Park

from shared.domain.public_address import PRIVATE_NETWORKS
from shared.ops.storage import Storage
from shared.store.connect import Store
from tests.harness.doubles.adapters.noop import Adapter
from tests.harness.factories import new_generation_id
from workers import deliver, late, run
from workers.adapters.contract import Setup
from workers.context import WorkerContext
from workers.deliver import DeliveryContext
from workers.egress import Egress
from workers.timing import STORE_RETRY_S


@pytest.fixture
async def away(tmp_path: Path) -> AsyncIterator[Store]:
    """Yield a store that no server serves."""
    async with Store(f"unix://{tmp_path}/nobody.sock", timeout_s=0.05) as store:
        yield store


@pytest.mark.parametrize("step", [run.run, late.poll_late], ids=["run", "late"])
async def test_step_is_retried_when_the_store_is_down(
    step: Callable[..., Awaitable[None]], away: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generation's job that cannot reach the store is postponed."""
    monkeypatch.setattr("workers.timing.STORE_WAIT_S", 0.3)
    async with Egress() as egress:
        storage = Storage.open(str(tmp_path / "assets"))
        context = WorkerContext(
            provider="noop", store=away, adapter=Adapter(Setup(name="noop")), storage=storage, egress=egress
        )
        with pytest.raises(Park) as caught:
            await step({"context": context}, new_generation_id())
    assert STORE_RETRY_S * 1000 == caught.value.defer_score


async def test_delivery_is_retried_when_the_store_is_down(away: Store) -> None:
    """A delivery's job that cannot reach the store is postponed."""
    async with Egress(networks=PRIVATE_NETWORKS) as egress:
        post = DeliveryContext(store=away, egress=egress, base_url="http://127.0.0.1", keep_ms=1000)
        with pytest.raises(Park) as caught:
            await deliver.deliver({"context": post}, f"deliver:evt_{new_generation_id()}:ep_1")
    assert STORE_RETRY_S * 1000 == caught.value.defer_score
