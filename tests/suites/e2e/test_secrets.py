"""Logs and store of a whole run have no secrets."""

from tests.harness.doubles.receiver import Receiver, Reply
from tests.suites.e2e.caller import deploy

PROMPT = "a pangolin nobody may read about"


async def test_logs_and_store_have_no_secrets() -> None:
    """After success, failure and webhooks, logs have no key, webhook secret or prompt, and the store has no key."""
    async with (
        deploy(workers=("noop", "paid"), env={"LOG_LEVEL": "debug"}) as place,
        Receiver(Reply(status=410)) as hook,
    ):
        caller = await place.create_caller(cents=40)
        endpoint = await caller.request("POST", "/api/v1/webhooks", json={"url": hook.url})
        for model, word in (("test/noop", ""), ("test/paid", "refuse"), ("test/paid", "hangup-after")):
            await caller.submit(f"{PROMPT} {word}", model, prefer="wait=2")
        await caller.submit(PROMPT, "test/none")
        await caller.request("GET", "/api/v1/balance", headers={"Authorization": f"Bearer {caller.customer.key}x"})
        await caller.request("GET", "/api/v1/balance", headers={"Authorization": f"Token {caller.customer.key}"})
        await hook.wait_for(1)
        logs = "".join(process.log.read_text(errors="replace") for process in place.stack.processes.values())
        assert "generation.settled" in logs
        assert "webhook.attempted" in logs
        for secret in (caller.customer.key, endpoint.body["secret"], PROMPT):
            assert secret not in logs
        kept = b"".join(file.read_bytes() for file in place.stack.data_dir.rglob("*") if file.is_file())
        assert caller.customer.hash.encode() in kept
        assert caller.customer.key.encode() not in kept
