"""The catalogue of a running process: read again on SIGHUP, or when a reload is announced in the store.

A new catalogue is checked first, and takes effect as a whole. A broken one leaves the old one in force.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence

import structlog

from shared.domain.catalogue import Catalogue
from shared.domain.errors import StoreDown
from shared.ops import catalogue_files, metrics, redaction
from shared.ops.hangup import Terminal
from shared.ops.settings import Settings, SettingsError

PROBLEM_CHARS_MAX = 300
RETRY_S = 1.0
OUTCOMES = ("applied", "unchanged", "rejected")

Apply = Callable[[Catalogue], Awaitable[None]]
KeepSecrets = Callable[[Catalogue], Sequence[str]]

log = structlog.get_logger()


async def apply_nothing(_: Catalogue) -> None:
    """Change nothing: the process works without the catalogue."""


class CatalogueFollower:
    """The catalogue in force, and why the last reading was rejected, if it was."""

    def __init__(
        self,
        config: Settings,
        catalogue: Catalogue,
        *,
        dropped: Sequence[str] = (),
        terminal: Terminal | None = None,
        compiled: bool = True,
    ) -> None:
        self.catalogue = catalogue
        self.problem = ""
        self.needs_restart = ""  # fields of the new catalogue that count after a restart of this process
        self.heard = 0  # the last announcement that was acted on
        self.dropped = frozenset(dropped)  # variables that were set at the start, and are not any more
        self.apply: Apply = apply_nothing  # raises SettingsError to reject, StoreDown to be called again
        self.keep_secrets: KeepSecrets = lambda catalogue: ()
        self.changed = asyncio.Event()  # set after each reading, for the next heartbeat
        self.terminal = terminal
        self._config, self._compiled, self._announced = config, compiled, 0
        self._wanted, self._lock = asyncio.Event(), asyncio.Lock()
        for outcome in OUTCOMES:
            metrics.of(metrics.CATALOGUE_RELOADS, outcome)

    def request_reload(self) -> None:
        """Read the catalogue again soon."""
        self._wanted.set()

    def follow_announcement(self, announcement: int) -> None:
        """Read the catalogue again if a reload was announced since the last call, or since this process began."""
        if announcement != self._announced:
            self._announced = announcement
            self.request_reload()

    def list_providers(self) -> list[str]:
        """Return the names of the providers, in the order of the catalogue."""
        return list(self.catalogue.providers)

    def follow_signal(self, stop: Callable[[], object]) -> None:
        """Read the catalogue again on SIGHUP, or `stop` if the terminal was closed."""

        def handle() -> None:
            if self.terminal is not None and self.terminal.closed:
                stop()
            else:
                self.request_reload()

        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, handle)

    async def run(self) -> None:
        """Read the catalogue again whenever that is wanted, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self.reload()
            except StoreDown as down:
                log.warning("catalogue.reload_delayed", reason=str(down))
                await asyncio.sleep(RETRY_S)
                self.request_reload()

    async def reload(self) -> str:
        """Read the catalogue and let it take effect. Return its problem, or an empty text. Raises StoreDown."""
        async with self._lock:
            announcement = self._announced
            try:
                outcome = await self._reload()
                self.problem = ""
            except SettingsError as error:
                outcome = "rejected"
                self.problem = redaction.foreign().line(str(error), PROBLEM_CHARS_MAX)
                log.error("catalogue.rejected", reason=self.problem, in_force=self.catalogue.version)
            self.heard = announcement
            metrics.of(metrics.CATALOGUE_RELOADS, outcome).inc()
            self.changed.set()
            return self.problem

    async def _reload(self) -> str:
        catalogue = await asyncio.to_thread(catalogue_files.load_deployed, self._config, compiled=self._compiled)
        if catalogue.version == self.catalogue.version:
            return "unchanged"
        await self.apply(catalogue)
        before, self.catalogue = self.catalogue.version, catalogue
        self.dropped |= frozenset(self.keep_secrets(catalogue))
        log.info("catalogue.reloaded", version=catalogue.version, before=before, models=len(catalogue.models))
        return "applied"
