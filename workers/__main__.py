"""python -m workers run <provider> | deliver | sweep | archive | probe <provider> | models <provider>"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import prometheus_client
import structlog
import uvloop
from arq.worker import Function, func
from msgspec import Struct, structs

from shared.domain import endpoint_url
from shared.domain.errors import StoreDown, StoreNewer, StoreUnfit
from shared.domain.public_address import PRIVATE_NETWORKS
from shared.domain.times import DAY_MS
from shared.ops import catalogue_files, collector, host, limits, logs, metrics, own_secrets, settings, threads
from shared.ops.background import keep_running
from shared.ops.catalogue_follower import CatalogueFollower
from shared.ops.hangup import Terminal
from shared.ops.settings import Settings
from shared.ops.storage import Storage, StorageError
from shared.records.errors import RecordsUnfit
from shared.store.connect import Store, retry_at_start
from shared.store.durability import DurabilityError
from shared.store.guard import open_guarded_store
from shared.store.keys import WEBHOOKS, queue
from shared.store.processes import announce
from shared.store.queue import arq_pool, decode_job, encode_job
from shared.store.secret import NewestSecret, read_callback_secrets
from workers import telemetry
from workers.adapters.contract import Setup, load
from workers.context import WorkerContext
from workers.deliver import DeliveryContext, deliver, slow_posts
from workers.egress import BROWSER_LIKE, Egress
from workers.engine import Engine
from workers.exporter import serve_metrics
from workers.fleet import Fleet, audit_forever
from workers.late import poll_late
from workers.media.input_media import InputMedia
from workers.media.pictures import Pictures
from workers.model_check import check_models_forever, print_model_check
from workers.probe import print_probe
from workers.run import run
from workers.settle import fail_dropped
from workers.setup import check_takes_native, follow_costs, setup_of
from workers.sweep import INPUT_DAYS, sweep_forever
from workers.timing import Progress

USAGE = "usage: python -m workers run <provider> | deliver | sweep | archive | probe <provider> | models <provider>"
UNUSABLE = (
    settings.SettingsError,
    DurabilityError,
    StorageError,
    StoreDown,
    StoreNewer,
    StoreUnfit,
    RecordsUnfit,
    ModuleNotFoundError,
    OSError,
)
STEP_MAX_S = 3600  # arq's bound on one step; adapters have their own, much shorter
CRASHES_MAX = 5
IMAGE_PORTS = (80, 443)  # others would make error messages a report of open ports
OUTPUT_S = 300.0  # for a whole output, even a large one

log = structlog.get_logger()


def main(arguments: list[str]) -> int:
    """Run one role until SIGTERM or SIGINT; the exit status."""
    terminal = Terminal()
    try:
        return work(settings.load(), arguments, terminal)
    except UNUSABLE as error:
        print(error, file=sys.stderr)
        return 2


def work(config: Settings, arguments: list[str], terminal: Terminal) -> int:
    """Run the role that the arguments name; the exit status. Raises for settings that cannot be used."""
    role: Callable[[Settings, CatalogueFollower], Coroutine[Any, Any, None]]
    catalogue = catalogue_files.load_deployed(config, compiled=False)
    owner, archives = arguments[-1] if len(arguments) > 1 else "", arguments == ["archive"]
    needs = own_secrets.Needs(provider=owner, sealed=archives or arguments == ["deliver"], records=archives)
    dropped = own_secrets.keep(catalogue, needs)
    config = config if archives else structs.replace(config, database_url=settings.NO_DATABASE)
    match arguments:
        case ["run", provider]:
            check_takes_native(catalogue, provider, config)
            role = partial(run_provider, setup=setup_of(catalogue, provider))
        case ["probe" | "models" as verb, provider]:
            setup = setup_of(catalogue, provider)
            adapter = load(setup.adapter or provider, config.adapters)(setup)
            if verb == "probe":
                return 0 if uvloop.run(print_probe(provider, adapter)) else 1
            return 0 if uvloop.run(print_model_check(provider, adapter, catalogue.targets(provider))) else 1
        case ["deliver"]:
            role = run_dispatcher
        case ["sweep"]:
            role = run_sweeper
        case ["archive"]:
            from workers.archive.role import run_archiver  # noqa: PLC0415  # SQLAlchemy and Alembic, for this role alone

            role = run_archiver
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    if config.metrics_port:
        host.check_port(config.host, config.metrics_port, "METRICS_PORT")
    host.check_outputs(config)
    limits.raise_open_files()
    logs.configure(config, role="-".join(arguments))
    metrics.build("-".join(arguments))
    follower = CatalogueFollower(config, catalogue, dropped=dropped, terminal=terminal, compiled=False)
    follower.keep_secrets = partial(own_secrets.keep_more, needs=needs)
    uvloop.run(role(config, follower))
    return 0


class Role(Struct, frozen=True, kw_only=True):
    """A worker of one queue: the queue's `name`, the functions of its jobs, and their `ctx`."""

    name: str
    work: list[Function]
    ctx: dict[str, Any]
    on_dropped: Callable[[str], Coroutine[Any, Any, None]] | None = None


async def run_provider(config: Settings, follower: CatalogueFollower, *, setup: Setup) -> None:
    """Run the worker of one provider. Only a provider with a private address may link outputs at private addresses."""
    own = PRIVATE_NETWORKS if endpoint_url.is_private(setup.base_url or "") else ()
    async with (
        open_guarded_store(config, f"worker-{setup.name}") as store,
        Egress(networks=config.images_networks, ports=IMAGE_PORTS) as strangers,
        Egress(networks=own, total_s=OUTPUT_S, user_agent=BROWSER_LIKE) as outputs,
    ):
        storage = Storage.open(config.assets, synced=config.durability == "fsync")
        pictures = Pictures()
        media = InputMedia(storage, strangers, pictures)
        newest = NewestSecret((await retry_at_start(store, partial(read_callback_secrets, store)))[0])
        setup = structs.replace(setup, fetch=media.fetch, fetch_media=media.fetch_media)
        adapter = load(setup.adapter or setup.name, config.adapters)(setup)
        context = WorkerContext(
            provider=setup.name,
            store=store,
            adapter=adapter,
            storage=storage,
            egress=outputs,
            record_keep_ms=config.record_retention_days * DAY_MS,
            callbacks_url=f"{config.callback_url}/callbacks/{setup.name}" if config.callback_url else None,
            callback_secret=newest,
            costs=follow_costs(follower, setup, config),
        )
        work = [func(run, name="run", timeout=STEP_MAX_S), func(poll_late, name="late", timeout=STEP_MAX_S)]
        tasks = [asyncio.create_task(keep_running("follow_callback_secret", partial(newest.follow, store)))]
        if config.model_check_s:
            check = partial(check_models_forever, store, setup.name, adapter, follower, config.model_check_s)
            tasks.append(asyncio.create_task(keep_running("check_models", check)))
        try:
            role = Role(name=setup.name, work=work, ctx={"context": context}, on_dropped=partial(fail_dropped, context))
            telemetry.register_provider(setup.name)
            await serve(config, store, role, follower)
        finally:
            for task in tasks:
                task.cancel()
            await adapter.close()
            await pictures.close()


async def run_dispatcher(config: Settings, follower: CatalogueFollower) -> None:
    """Run the dispatcher of webhook deliveries."""
    async with (
        open_guarded_store(config, "deliver") as store,
        Egress(networks=config.webhook_networks, reuse=True) as egress,
    ):
        keep_ms = config.record_retention_days * DAY_MS
        slow_max = slow_posts(config.worker_slots)
        post = DeliveryContext(
            store=store, egress=egress, base_url=config.base_url, keep_ms=keep_ms, slow_posts_max=slow_max
        )
        if not config.is_public_url_known:
            log.warning("public_url.missing", host=config.host, links=config.base_url, fix="set PUBLIC_URL")
        work = [func(deliver, name="deliver", timeout=STEP_MAX_S)]
        telemetry.register_dispatcher()
        await serve(config, store, Role(name=WEBHOOKS, work=work, ctx={"context": post}), follower)


async def serve(config: Settings, store: Store, role: Role, follower: CatalogueFollower) -> None:
    """Run one queue until a signal; then let running steps finish within the grace period."""
    engine = Engine(
        role.work,
        store=store,
        lease_s=config.lease_s,
        on_dropped=role.on_dropped,
        queue_name=queue(role.name),
        redis_pool=arq_pool(config.store_url, role.name),
        ctx=role.ctx,
        max_jobs=config.worker_slots,
        max_tries=CRASHES_MAX,
        keep_result=0,
        health_check_interval=10,
        job_completion_wait=max(int(config.drain_s), 1),
        job_serializer=encode_job,
        job_deserializer=decode_job,
    )
    telemetry.register_worker(role.name, config.worker_slots, in_flight=lambda: engine.job_counter)
    collector.tune_collector()
    threads.share_interpreter()
    log.info("worker.started", queue=role.name, slots=config.worker_slots)
    kind = "dispatcher" if role.name == WEBHOOKS else "worker"
    slots, running = config.worker_slots, lambda: engine.job_counter
    metrics_server = serve_metrics(config, silent_s=lambda: engine.silent_s, follower=follower)
    follower.follow_signal(lambda: os.kill(os.getpid(), signal.SIGTERM))
    async with metrics_server, announce(store, kind, queue=role.name, slots=slots, running=running, follower=follower):
        with contextlib.suppress(asyncio.CancelledError):
            await engine.async_run()
        await engine.close()
    log.info("worker.stopped", queue=role.name)


async def run_sweeper(config: Settings, follower: CatalogueFollower) -> None:
    """Run the sweeper, which also exports the metrics of the whole deployment and checks the ledger."""
    async with open_guarded_store(config, "sweep") as store:
        fleet = Fleet(store, lambda: follower.catalogue)
        prometheus_client.REGISTRY.register(fleet)
        telemetry.register_sweeper()
        sweeping = asyncio.create_task(run_sweeper_tasks(config, store, fleet, follower))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, sweeping.cancel)
        follower.follow_signal(sweeping.cancel)
        log.info("sweeper.started")
        with contextlib.suppress(asyncio.CancelledError):
            await sweeping


async def run_sweeper_tasks(config: Settings, store: Store, fleet: Fleet, follower: CatalogueFollower) -> None:
    """Run all tasks of a sweeper until cancelled."""
    storage, progress = Storage.open(config.assets), Progress()
    metrics_server = serve_metrics(config, fleet.refresh, silent_s=lambda: progress.silent_s, follower=follower)
    async with metrics_server, announce(store, "sweeper", follower=follower), asyncio.TaskGroup() as tasks:
        tasks.create_task(
            sweep_forever(
                store,
                storage,
                known=follower.list_providers,
                asset_retention_days=config.asset_retention_days,
                input_days=INPUT_DAYS + config.upload_hours // 24,
                progress=progress,
                on_round=fleet.record_round,
            )
        )
        tasks.create_task(audit_forever(store, config.ledger_check_s))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
