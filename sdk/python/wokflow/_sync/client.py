"""The client of one gateway and one API key."""

import random
from collections.abc import Generator
from contextlib import closing
from typing import Unpack

import httpx

from wokflow import calls
from wokflow._sync.management import Management
from wokflow._sync.runtime import run_blocking, sleep
from wokflow.config import RETRIES_DEFAULT, TIMEOUT_S_DEFAULT, configure
from wokflow.errors import ApiError, ConflictError, GenerationFailedError, WaitTimeoutError, WokflowError
from wokflow.files import File, read_file
from wokflow.models.account import Account, Balance, Transaction, Usage
from wokflow.models.catalogue import Model
from wokflow.models.events import StreamedEvent
from wokflow.models.generations import Generation, Quote
from wokflow.models.receipts import Receipt, ReceiptKeys
from wokflow.models.uploads import Upload
from wokflow.orders import (
    GenerationFilters,
    OrderOptions,
    TransactionFilters,
    UsageFilters,
    create_key,
    order_body,
    query_of,
)
from wokflow.pacing import Pacing
from wokflow.progress import OnProgress, Watcher, choose_watcher
from wokflow.responses import is_failed_generation
from wokflow.retry import is_transient, retry_delay_s

WAIT_S_DEFAULT = 600.0


class Wokflow(Management):
    """A client of a gateway. Use it as a context manager, or call `close`."""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout_s: float = TIMEOUT_S_DEFAULT,
        retries: int = RETRIES_DEFAULT,
        http: httpx.Client | None = None,
    ) -> None:
        """Create a client.

        `api_key` and `base_url` can be in WOWFLOW_KEY and WOKFLOW_URL. `timeout_s` is the longest wait for one
        response that the gateway does not hold. `retries` is how many times a request is repeated after a failure
        that may be temporary. `http` replaces the HTTP client, for example with one that uses a proxy.
        """
        super().__init__(configure(api_key, base_url, timeout_s, retries), http)

    def generate(
        self,
        model: str,
        prompt: str,
        *,
        idempotency_key: str | None = None,
        timeout_s: float = WAIT_S_DEFAULT,
        progress: bool | OnProgress = False,
        **options: Unpack[OrderOptions],
    ) -> Generation:
        """Create a generation, and return it once it is completed.

        `progress` is a function that gets each change, or True for a line in a terminal. Raises GenerationFailedError
        if it fails, and WaitTimeoutError if it has not ended after `timeout_s`.
        """
        pacing = Pacing("The generation", timeout_s)
        wait_s = 0.0 if progress else timeout_s
        call = calls.create(order_body(model, prompt, options), idempotency_key or create_key(), wait_s)
        try:
            created = self._send(call)
        except ApiError as error:
            if error.generation_id is None or not is_failed_generation(error):
                raise
            created = self.read(error.generation_id)
        pacing.generation_id = created.id
        return self._wait(created, pacing, choose_watcher(progress, created.id))

    def create(
        self, model: str, prompt: str, *, idempotency_key: str | None = None, **options: Unpack[OrderOptions]
    ) -> Generation:
        """Create a generation, and return it at once. It is charged, and refunded if it fails."""
        return self._send(calls.create(order_body(model, prompt, options), idempotency_key or create_key()))

    def wait(
        self,
        generation: Generation | str,
        *,
        timeout_s: float = WAIT_S_DEFAULT,
        progress: bool | OnProgress = False,
    ) -> Generation:
        """Wait until a generation is completed. Raises GenerationFailedError, and WaitTimeoutError."""
        generation_id = id_of(generation)
        known = generation if isinstance(generation, Generation) else self.read(generation_id)
        return self._wait(known, Pacing(generation_id, timeout_s), choose_watcher(progress, generation_id))

    def read(self, generation_id: str) -> Generation:
        """Return a generation as it is now."""
        return self._send(calls.read(generation_id))

    def cancel(self, generation: Generation | str) -> Generation:
        """Cancel a generation, with a full refund unless a provider has it already. Raises ConflictError."""
        return self._send(calls.cancel(id_of(generation)))

    def quote(self, model: str, prompt: str, **options: Unpack[OrderOptions]) -> Quote:
        """Return the price of an order. Nothing is charged."""
        return self._send(calls.quote_order(order_body(model, prompt, options)))

    def stream(
        self, model: str, prompt: str, *, idempotency_key: str | None = None, **options: Unpack[OrderOptions]
    ) -> Generator[StreamedEvent, None, None]:
        """Create a generation, and yield its events until its end. The last event has the generation."""
        created = self.create(model, prompt, idempotency_key=idempotency_key, **options)
        with closing(self._follow(created.id)) as events:
            for event in events:
                yield event

    def follow(self, generation: Generation | str) -> Generator[StreamedEvent, None, None]:
        """Iterate over the events of a generation until its end, also over connections that break."""
        return self._follow(id_of(generation))

    def follow_account(self, *, last_event_id: str | None = None) -> Generator[StreamedEvent, None, None]:
        """Iterate over the events of all generations of the account, without an end."""
        return self._follow(None, last=last_event_id)

    def upload(self, file: File, *, content_type: str | None = None) -> Upload:
        """Upload a file for an input: a path, bytes or an open file. The upload's `url` goes into `input`."""
        content = run_blocking(read_file, file)
        created = self._send(calls.create_upload(len(content), content_type))
        try:
            self._repeat(lambda: self._put(created.upload_url or "", content), self.config.retries)
        except ConflictError:  # an earlier attempt may have stored it, and its response was lost
            stored = self._send(calls.read_upload(created.id))
            if stored.status != "ready":
                raise
            return stored
        return self._send(calls.read_upload(created.id))

    def delete_upload(self, upload: Upload | str) -> None:
        """Delete an upload and its file."""
        self._send(calls.delete_upload(upload if isinstance(upload, str) else upload.id))

    def list_models(self) -> list[Model]:
        """Return the models on offer, with their prices."""
        return self._send(calls.list_models())

    def list_generations(self, **filters: Unpack[GenerationFilters]) -> list[Generation]:
        """Return a page of the account's generations, the newest first."""
        return self._send(calls.list_generations(query_of(filters)))

    def list_transactions(self, **filters: Unpack[TransactionFilters]) -> list[Transaction]:
        """Return a page of the account's ledger, the newest first."""
        return self._send(calls.list_transactions(query_of(filters)))

    def read_balance(self) -> Balance:
        """Return the balance."""
        return self._send(calls.read_balance())

    def read_account(self) -> Account:
        """Return the account of the API key."""
        return self._send(calls.read_account())

    def read_usage(self, **filters: Unpack[UsageFilters]) -> Usage:
        """Return sums of usage, by day unless `by` says otherwise."""
        return self._send(calls.read_usage(query_of(filters)))

    def read_receipt(self, generation: Generation | str) -> Receipt:
        """Return the receipt of a generation that has ended: see `verify_receipt`."""
        return self._send(calls.read_receipt(id_of(generation)))

    def list_receipt_keys(self) -> ReceiptKeys:
        """Return the public keys that verify receipts. Save them once."""
        return self._send(calls.list_receipt_keys())

    def _wait(self, known: Generation, pacing: Pacing, watcher: Watcher | None) -> Generation:
        """Return a generation once it is completed: follow its events for a watcher, and poll otherwise."""
        if watcher is not None and known.status == "processing":
            watcher.note(known)
            known = self._watch(known, watcher, pacing)
        retry_after_s = 0.0
        while known.status == "processing":
            sleep(pacing.take_delay_s(random.random(), retry_after_s))  # noqa: S311
            pacing.check()
            known, retry_after_s = self._poll(known, pacing)
            if watcher is not None:
                watcher.note(known)
        if watcher is not None:
            watcher.note(known)
        if known.status == "failed":
            raise GenerationFailedError(known)
        return known

    def _poll(self, known: Generation, pacing: Pacing) -> tuple[Generation, float]:
        """Return a generation as it is now. After a failure that may be temporary: as it was, and how long to wait."""
        try:
            return self._send(calls.poll(known.id, pacing.left_s)), 0.0
        except WokflowError as error:
            if not is_transient(error):
                raise
            named_s = error.retry_after_s if isinstance(error, ApiError) else None
            return known, named_s or 0.0

    def _watch(self, known: Generation, watcher: Watcher, pacing: Pacing) -> Generation:
        """Return a generation once it has ended, or as it was if its events cannot be read."""
        try:
            with closing(self._follow(known.id, pacing=pacing)) as events:
                for event in events:
                    watcher.follow(event)
                    known = event.generation or known
        except WaitTimeoutError:
            raise
        except WokflowError:
            return known
        return known

    def _follow(
        self, generation_id: str | None, *, pacing: Pacing | None = None, last: str | None = None
    ) -> Generator[StreamedEvent, None, None]:
        """Yield events. A stream that breaks is resumed behind the last event."""
        attempt = 1
        while True:
            try:
                with closing(self._stream(calls.events_path(generation_id), last, pacing)) as stream:
                    for received in stream:
                        last, attempt = received.id or last, 1
                        yield received.event
                        if generation_id is not None and received.event.generation is not None:
                            return
                return
            except WokflowError as error:
                delay_s = retry_delay_s(error, attempt, random.random())  # noqa: S311
                if delay_s is None or attempt > self.config.retries:
                    raise
            attempt += 1
            sleep(delay_s)


def id_of(generation: Generation | str) -> str:
    """Return the id of a generation."""
    return generation if isinstance(generation, str) else generation.id
