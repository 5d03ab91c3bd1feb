"""A worker's steps between accept and settle, as the books expect them; and the small verbs around a generation."""

from typing import Any

from msgspec import Struct
from tests.suites.property.books import ANYTHING, Books, Delivery, Flight, Generation, Provider


class Steps(Struct):
    """The verbs of `books` that move no money."""

    books: Books

    def start(self, name: str, token: str, at: str) -> list[Any]:
        """The next step's word for a worker of provider `at`, and what must follow it."""
        made = self.books.generations.get(name)
        if made is None:
            return ["missing"]
        if not made.open:
            return ["closed", made.state]
        if made.provider != at or made.state == "backlog":
            return ["moved", made.provider]
        facts = [ANYTHING, made.price, ANYTHING, ANYTHING, ANYTHING, made.refusals, made.account]
        if made.ref is not None:
            return ["poll", *facts, made.ref, "1" if made.cancel else ""]
        if made.state == "submitting" and made.intent == token:
            return ["submit", *facts, ANYTHING]
        return self._doubt(made, facts) or self._submit(made, token, facts)

    def _doubt(self, made: Generation, facts: list[Any]) -> list[Any] | None:
        """What is told while nobody knows whether the provider has it."""
        if made.state == "submitting" and not self.books.providers[made.provider].repeatable:
            if made.patient and not made.called and not made.overdue:
                return ["wait", ANYTHING]
            made.state = "uncertain"
        return ["uncertain", *facts, "called" if made.called else ""] if made.state == "uncertain" else None

    def _submit(self, made: Generation, token: str, facts: list[Any]) -> list[Any]:
        provider = self.books.providers[made.provider]
        if made.cancel:
            return ["canceled", *facts]
        if not _may(provider):
            waits = provider.paused or provider.held == "pause" or not provider.down
            return ["paused", ANYTHING] if waits else ["down", *facts]
        self._permit(made, token)
        return ["submit", *facts, "1" if provider.downs else ""]

    def _permit(self, made: Generation, token: str) -> None:
        if not made.started:
            made.started, made.overdue = True, False
        made.state, made.intent, made.patient = "submitting", token, True
        made.flights.setdefault(token, Flight(made.provider))

    def submitted(self, name: str, ref: str, at: str) -> list[Any]:
        """A reference from provider `at` is kept, whoever brings it, unless another provider has taken over."""
        made = self.books.generations.get(name)
        if made is None:
            return ["missing"]
        if made.provider != at or made.state == "backlog":
            return ["moved", made.provider]
        if made.state == "failed" and made.ref is None:
            self.books.late.add(name)
        made.ref = ref
        if not made.open:
            return ["closed", made.state]
        called, made.called = made.called, False
        if made.state == "uncertain":
            self._wake(made)
        made.state, made.intent = "pending", None
        return ["stored", "1" if called else ""]

    def callback(self, name: str, provider: str) -> list[Any]:
        """A provider says that it is worth a look."""
        made = self.books.generations.get(name)
        if made is None or made.provider != provider:
            return ["missing"]
        if not made.open:
            if made.state == "failed" and made.ref is None and made.started:
                made.called = True
                self.books.late.add(name)
            return ["closed", made.state]
        made.called = made.called or made.ref is None
        if made.state != "backlog":
            self._wake(made)
        return ["noted", made.state]

    def _wake(self, made: Generation) -> None:
        self._hasten(made.provider, made.id)

    def _hasten(self, queue: str, job: str) -> None:
        """Unless somebody runs it, the job is due."""
        queues = self.books.queues
        if job not in queues.leased(queue):
            queues.rung.add(queue)
            if job in queues.on(queue):
                queues.on(queue)[job] = True

    def withdraw(self, name: str, token: str, at: str, *, pause: bool) -> list[Any]:
        """Provider `at` said no to this very submit, and may want to be left alone itself."""
        provider = self.books.providers[at]
        provider.paused = provider.paused or pause
        made = self.books.generations.get(name)
        if made is None:
            return ["missing"]
        if made.state != "submitting" or made.intent != token:
            return ["kept", made.state]
        made.state, made.intent = "queued", None
        made.refusals += 1
        made.refused.append((made.provider, "busy"))
        return ["withdrawn", made.refusals, "1" if made.cancel else ""]

    def cancel(self, name: str) -> list[Any]:
        """The owner wants it stopped."""
        made = self.books.generations.get(name)
        if made is None:
            return ["missing"]
        if not made.open:
            return ["closed", made.state]
        made.cancel = True
        if made.state == "pending":
            self._wake(made)
        return ["noted", made.state]

    def retry(self, name: str) -> list[Any]:
        """An operator wants it taken up now."""
        made = self.books.generations.get(name)
        if made is None:
            return ["missing"]
        if not made.open:
            return ["closed", made.state]
        if made.state in ("submitting", "uncertain"):
            return ["with_provider", made.state]
        if made.state == "backlog":
            self.books.let_on(made.provider)
            return ["waits"]
        if name not in self.books.queues.leased(made.provider):
            made.refusals = 0
            self.books.queues.tries.pop(name, None)
            self.books.put(made)
        return ["looks" if made.state == "pending" else "due", made.state]

    def set_mode(self, name: str, mode: str) -> list[Any]:
        """Pause, drain or resume a provider, as an operator does."""
        provider = self.books.providers[name]
        before, provider.held = provider.held, mode
        return [{"pause": "paused", "drain": "drained", "": "resumed"}[mode], before]

    def watch(self, name: str, gateway: str) -> list[Any]:
        """A gateway waits, once."""
        made = self.books.generations.get(name)
        if made is None:
            return ["missing"]
        if not made.open:
            return ["closed", made.state]
        made.waiters += [gateway] if gateway not in made.waiters else []
        return ["open"]

    def looked(self, name: str, *, found: bool, again: bool) -> list[Any]:
        """A look at what a provider may have finished after the refund."""
        self.books.late.discard(name)
        made = self.books.generations.get(name)
        if made is None or made.state != "failed":
            return ["missing"]
        if again:
            self.books.late.add(name)
        made.late = made.late or found
        return ["attached"] if found else ["noted"]

    def down(self, name: str) -> list[Any]:
        """The breaker opens, or is open already."""
        provider = self.books.providers[name]
        if not provider.down:
            provider.downs += 1
            provider.down, provider.probing = True, False
        return ["opened", ANYTHING, provider.downs]

    def up(self, name: str) -> list[Any]:
        """The breaker closes."""
        provider = self.books.providers[name]
        provider.down, provider.downs, provider.probing = False, 0, False
        return ["closed"]

    def attempt(self, name: str, number: int, state: str, health: str) -> list[Any]:
        """One attempt of a delivery is recorded once; that the endpoint took it, or is gone, ends it in any case."""
        delivery = self.books.deliveries.get(name)
        if delivery is None:
            return ["missing"]
        if delivery.state != "pending":
            return ["ended", delivery.state]
        if number <= delivery.attempts and health not in ("well", "gone"):
            return ["already"]
        delivery.attempts, delivery.state = max(number, delivery.attempts), state
        if state != "pending":
            self.books.queues.drop("webhooks", f"deliver:{name}")
        self._learn(delivery, health)
        return ["recorded"]

    def _learn(self, delivery: Delivery, health: str) -> None:
        account = self.books.accounts[delivery.account]
        endpoint = account.endpoints.get(delivery.endpoint)
        if endpoint is None or not health:
            return
        if health == "well":
            endpoint.failing = endpoint.long = False
        elif not endpoint.disabled:
            endpoint.failing = True
            if health == "gone" or endpoint.long:
                endpoint.disabled = True
                endpoint.times += 1
                self.books.emit(account, f"evt_off_{delivery.endpoint}_{endpoint.times}", "endpoint.disabled")

    def redeliver(self, account: str, endpoint: str, name: str) -> list[Any]:
        """What has ended begins anew, what waits is due."""
        known, delivery = self.books.accounts[account].endpoints.get(endpoint), self.books.deliveries.get(name)
        if known is None or delivery is None or delivery.endpoint != endpoint:
            return ["missing"]
        if known.disabled:
            return ["disabled"]
        if delivery.state == "pending":
            self._hasten("webhooks", f"deliver:{name}")
        else:
            delivery.state, delivery.attempts = "pending", 0
            self.books.queues.put("webhooks", f"deliver:{name}")
        return ["queued"]

    def replay(self, account: str, endpoint: str, which: str) -> list[Any]:
        """Every end that an endpoint wants, and did not get."""
        known = self.books.accounts[account].endpoints.get(endpoint)
        if known is None:
            return ["missing"]
        if known.disabled:
            return ["disabled"]
        listed, queued = self.books.accounts[account].listed, 0
        for made in (self.books.generations[name] for name in listed):
            delivery = self.books.deliveries.get(f"evt_{made.id}:{endpoint}")
            if made.open or not known.wants(f"generation.{made.state}"):
                continue
            if which == "failed" and delivery is not None and delivery.state == "dead":
                self.redeliver(account, endpoint, f"evt_{made.id}:{endpoint}")
            elif which == "missing" and delivery is None:
                owner = self.books.accounts[account]
                self.books.tell(owner, endpoint, f"evt_{made.id}", f"generation.{made.state}", made.id)
            else:
                continue
            queued += 1
        return ["scanned", len(listed), queued]

    def undelivered(self, name: str, delivery: Delivery) -> bool:
        """Whether a pending delivery has no job that a dispatcher would find."""
        return delivery.state == "pending" and not self.books.queues.has("webhooks", f"deliver:{name}")


def _may(provider: Provider) -> bool:
    """Whether the provider may be given a submit; if it was out of order, this one is the probe."""
    if provider.held == "pause" or provider.paused or provider.down or (provider.downs and provider.probing):
        return False
    provider.probing = bool(provider.downs)
    return True
