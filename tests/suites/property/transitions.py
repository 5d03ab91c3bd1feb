"""The model of the verbs that move no money: a worker's steps, provider states and webhook deliveries."""

from typing import Any

from msgspec import Struct

from tests.suites.property.lanes import SILENT_MAX
from tests.suites.property.model import ANYTHING, Delivery, Generation, Model, PermittedSubmit, Provider


class Transitions(Struct):
    """The verbs that move no money. Each method changes the model and returns the expected reply."""

    model: Model

    def start(self, name: str, token: str, at: str) -> list[Any]:
        """Return the next step of a run by a worker of provider `at`."""
        generation = self.model.generations.get(name)
        if generation is None:
            return ["missing"]
        if not generation.open:
            return ["closed", generation.state]
        if generation.provider != at or generation.state == "backlog":
            return ["moved", generation.provider]
        facts = [ANYTHING, generation.price, ANYTHING, ANYTHING, ANYTHING, generation.refusals, generation.account, ""]
        if generation.ref is not None:
            return ["poll", *facts, generation.ref, "1" if generation.cancel else ""]
        if generation.state == "submitting" and generation.intent == token:
            return ["submit", *facts, ANYTHING]
        return self._answer_unknown_submit(generation, facts) or self._submit(generation, token, facts)

    def _answer_unknown_submit(self, generation: Generation, facts: list[Any]) -> list[Any] | None:
        """Return the reply while the outcome of a submit is unknown, or None if it is known."""
        if generation.state == "submitting" and not self.model.providers[generation.provider].repeatable:
            if generation.within_submit_timeout and not generation.called_back and not generation.overdue:
                return ["wait", ANYTHING]
            generation.state = "uncertain"
        if generation.state != "uncertain":
            return None
        return ["uncertain", *facts, "called" if generation.called_back else ""]

    def _submit(self, generation: Generation, token: str, facts: list[Any]) -> list[Any]:
        provider = self.model.providers[generation.provider]
        if generation.cancel:
            return ["canceled", *facts]
        refusal = _refusal(provider, generation.provider)
        if refusal is not None:
            return ["down", *facts] if refusal == "down" else ["paused", ANYTHING]
        self._allow_submit(generation, token)
        probes = [one for one in provider.breakers(generation.provider) if one.downs]
        for one in probes:
            one.probing = True
        return ["submit", *facts, "1" if probes else ""]

    def _allow_submit(self, generation: Generation, token: str) -> None:
        if not generation.started:
            generation.started, generation.overdue = True, False
        generation.state, generation.intent, generation.within_submit_timeout = "submitting", token, True
        generation.submits.setdefault(token, PermittedSubmit(generation.provider))

    def store_reference(self, name: str, ref: str, at: str) -> list[Any]:
        """Store a reference from provider `at`, whichever run reports it, unless the generation was rerouted."""
        generation = self.model.generations.get(name)
        if generation is None:
            return ["missing"]
        if generation.provider != at or generation.state == "backlog":
            return ["moved", generation.provider]
        if generation.state == "failed" and generation.ref is None:
            self.model.late.add(name)
        generation.ref = ref
        if not generation.open:
            return ["closed", generation.state]
        called_back, generation.called_back = generation.called_back, False
        if generation.state == "uncertain":
            self._wake(generation)
        generation.state, generation.intent = "pending", None
        return ["stored", "1" if called_back else ""]

    def store_callback(self, name: str, provider: str) -> list[Any]:
        """Record a callback and make the next poll due."""
        generation = self.model.generations.get(name)
        if generation is None or generation.provider != provider:
            return ["missing"]
        if not generation.open:
            if generation.state == "failed" and generation.ref is None and generation.started:
                generation.called_back = True
                self.model.late.add(name)
            return ["closed", generation.state]
        generation.called_back = generation.called_back or generation.ref is None
        if generation.state != "backlog":
            self._wake(generation)
        return ["noted", generation.state]

    def _wake(self, generation: Generation) -> None:
        self.model.queues.hasten(generation.provider, generation.id)

    def withdraw(self, name: str, token: str, at: str, *, pause: bool, refusal: str) -> list[Any]:
        """Withdraw a submit that provider `at` refused, and pause the route if it says so."""
        provider = self.model.providers[at]
        if pause:
            provider.pause(at)
        generation = self.model.generations.get(name)
        if generation is None:
            return ["missing"]
        if generation.state != "submitting" or generation.intent != token:
            return ["kept", generation.state]
        generation.state, generation.intent = "queued", None
        generation.refusals += 1
        generation.refused.append((generation.provider, refusal))
        for one in provider.breakers(at) if refusal == "ours" else ():
            one.probing = False
        return ["withdrawn", generation.refusals, "1" if generation.cancel else ""]

    def abandon(self, name: str, at: str) -> list[Any]:
        """Mark a submit to a removed provider as uncertain."""
        generation = self.model.generations.get(name)
        if generation is None:
            return ["missing"]
        if generation.state != "submitting" or generation.provider != at:
            return ["kept", generation.state]
        generation.state = "uncertain"
        return ["marked"]

    def cancel(self, name: str) -> list[Any]:
        """Cancel a generation as its owner."""
        generation = self.model.generations.get(name)
        if generation is None:
            return ["missing"]
        if not generation.open:
            return ["closed", generation.state]
        generation.cancel = True
        if generation.state == "pending":
            self._wake(generation)
        return ["noted", generation.state]

    def retry(self, name: str) -> list[Any]:
        """Retry a generation now, as an operator."""
        generation = self.model.generations.get(name)
        if generation is None:
            return ["missing"]
        if not generation.open:
            return ["closed", generation.state]
        if generation.state in ("submitting", "uncertain"):
            return ["with_provider", generation.state]
        if generation.state == "backlog":
            self.model.allow_admission(generation.provider)
            return ["waits"]
        if name not in self.model.queues.leased(generation.provider):
            generation.refusals = 0
            self.model.queues.tries.pop(name, None)
            self.model.take_slot(generation)
        return ["looks" if generation.state == "pending" else "due", generation.state]

    def set_mode(self, name: str, mode: str) -> list[Any]:
        """Pause, drain or resume a provider, as an operator does."""
        provider = self.model.providers[name]
        before, provider.held = provider.held, mode
        return [{"pause": "paused", "drain": "drained", "": "resumed"}[mode], before]

    def watch(self, name: str, gateway: str) -> list[Any]:
        """Add a gateway to the waiters, once."""
        generation = self.model.generations.get(name)
        if generation is None:
            return ["missing"]
        if not generation.open:
            return ["closed", generation.state]
        generation.waiters += [gateway] if gateway not in generation.waiters else []
        return ["open"]

    def store_late_result(self, name: str, *, found: bool, again: bool) -> list[Any]:
        """Record a late poll of a failed generation, with or without a result."""
        self.model.late.discard(name)
        generation = self.model.generations.get(name)
        if generation is None or generation.state != "failed":
            return ["missing"]
        if again:
            self.model.late.add(name)
        generation.late = generation.late or found
        return ["attached"] if found else ["noted"]

    def open_breaker(self, name: str, target: str, scope: str) -> list[Any]:
        """Open the route's breaker, and the provider's if that is proven or another route went down before."""
        provider = self.model.providers[name]
        route = provider.route(target)
        if scope == "route":
            is_new = route.open() and route.downs == 1
            if provider.wide.down or (is_new and any(one.down for one in provider.others(target))):
                scope = "provider"
        if scope == "gone":
            route.note_gone()
        if scope in ("route", "gone"):
            provider.wide.probing = False
            return ["opened", ANYTHING, route.downs, scope]
        provider.wide.open()
        return ["opened", ANYTHING, provider.wide.downs, "provider"]

    def close_breaker(self, name: str, target: str) -> list[Any]:
        """Close the breakers of a route and of its provider."""
        for one in self.model.providers[name].breakers(target):
            one.close()
        return ["closed"]

    def start_post(self, name: str, limit: str | None) -> list[Any]:
        """Let a pending delivery be posted, unless a limit holds it."""
        delivery = self.model.deliveries.get(name)
        if delivery is None:
            return ["missing"]
        if delivery.state != "pending":
            return ["ended", delivery.state]
        if limit is None:
            return ["pending"]
        self.model.queues.hold("webhooks", f"deliver:{name}")
        return ["held", limit]

    def record_attempt(self, name: str, number: int, state: str, health: str, *, silent: bool = False) -> list[Any]:
        """Record an attempt once. A success or a 410 ends the delivery even if the attempt is known."""
        delivery = self.model.deliveries.get(name)
        if delivery is None:
            return ["missing"]
        if delivery.state != "pending":
            return ["ended", delivery.state]
        if number <= delivery.attempts and health not in ("well", "gone"):
            return ["already"]
        delivery.attempts, delivery.state = max(number, delivery.attempts), state
        if state != "pending":
            self.model.queues.dequeue("webhooks", f"deliver:{name}")
        opened = self._record_post(delivery, silent=silent) if health else False
        self._record_health(delivery, health)
        return ["recorded", ANYTHING, int(opened)]

    def _record_post(self, delivery: Delivery, *, silent: bool) -> bool:
        """Note whether an endpoint answered. Return whether its breaker opens now."""
        endpoint = self.model.accounts[delivery.account].endpoints.get(delivery.endpoint)
        if endpoint is None:
            return False
        endpoint.measured, endpoint.silent = True, endpoint.silent + 1 if silent else 0
        endpoint.open = endpoint.silent >= SILENT_MAX
        return endpoint.silent == SILENT_MAX

    def _record_health(self, delivery: Delivery, health: str) -> None:
        account = self.model.accounts[delivery.account]
        endpoint = account.endpoints.get(delivery.endpoint)
        if endpoint is None or not health:
            return
        if health == "well":
            endpoint.failing = endpoint.failing_long = False
        elif not endpoint.disabled:
            endpoint.failing = True
            if health == "gone" or endpoint.failing_long:
                endpoint.disabled = True
                endpoint.disabled_count += 1
                self.model.emit(account, f"evt_off_{delivery.endpoint}_{endpoint.disabled_count}", "endpoint.disabled")

    def redeliver(self, account: str, endpoint: str, name: str) -> list[Any]:
        """Restart an ended delivery, or make a pending one due."""
        known, delivery = self.model.accounts[account].endpoints.get(endpoint), self.model.deliveries.get(name)
        if known is None or delivery is None or delivery.endpoint != endpoint:
            return ["missing"]
        if known.disabled:
            return ["disabled"]
        known.open = False
        if delivery.state == "pending":
            self.model.queues.hasten("webhooks", f"deliver:{name}")
        else:
            delivery.state, delivery.attempts = "pending", 0
            self.model.queues.enqueue("webhooks", f"deliver:{name}")
        return ["queued"]

    def replay(self, account: str, endpoint: str, which: str) -> list[Any]:
        """Redeliver or create every generation event that the endpoint subscribes to and did not receive."""
        known = self.model.accounts[account].endpoints.get(endpoint)
        if known is None:
            return ["missing"]
        if known.disabled:
            return ["disabled"]
        known.open = False
        listed, queued = self.model.accounts[account].listed, 0
        for generation in (self.model.generations[name] for name in listed):
            delivery = self.model.deliveries.get(f"evt_{generation.id}:{endpoint}")
            if generation.open or not known.wants(f"generation.{generation.state}"):
                continue
            if which == "failed" and delivery is not None and delivery.state == "dead":
                self.redeliver(account, endpoint, f"evt_{generation.id}:{endpoint}")
            elif which == "missing" and delivery is None:
                owner, kind = self.model.accounts[account], f"generation.{generation.state}"
                self.model.add_delivery(owner, endpoint, f"evt_{generation.id}", kind, generation.id)
            else:
                continue
            queued += 1
        return ["scanned", len(listed), queued]

    def has_lost_delivery(self, name: str, delivery: Delivery) -> bool:
        """Return whether a pending delivery has no job that a dispatcher can find."""
        return delivery.state == "pending" and not self.model.queues.has("webhooks", f"deliver:{name}")


def _refusal(provider: Provider, target: str) -> str | None:
    """Return why a submit may not be sent: paused or down; None if it may."""
    if provider.held == "pause":
        return "paused"
    for one in provider.breakers(target):
        if one.paused or (one.downs and one.probing and not one.down):
            return "paused"
        if one.down:
            return "down"
    return None
