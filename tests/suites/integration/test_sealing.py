"""Webhook secrets at rest, and the secret of callback URLs: encrypted, rotated, and readable by who needs them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from arq.worker import Retry as Park

from gateway.callback_secrets import CallbackSecrets
from operate.cli.main import main
from shared.domain.callback_token import token
from shared.domain.public_address import PRIVATE_NETWORKS
from shared.ops import redaction, sealing
from shared.ops.sealing import SEALED, SealBroken
from shared.ops.settings import SECRETS_KEY, SettingsError
from shared.store import accounts, audit, keys, providers, webhooks
from shared.store.backup import back_up
from shared.store.connect import Store
from shared.store.secret import NewestSecret, read_callback_secrets, rotate_callback_secret
from tests.harness.doubles.receiver import Receiver
from tests.harness.factories import create_customer, new_generation_id, write_catalogue
from tests.suites.integration.test_cli import with_store
from tests.suites.integration.test_deliver import settle_with_delivery
from workers.deliver import DeliveryContext, deliver
from workers.egress import Egress

HOOK = "https://a.example/"
KEY = "sk-forgotten-0123456789"
OLD, NEW = sealing.new_sealing_key(), sealing.new_sealing_key()
Run = Callable[..., int]


@pytest.fixture
def run(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs `wokflow <words>`."""
    for name, value in {
        "REDIS_URL": store_url,
        "DATA_DIR": str(tmp_path),
        "CATALOGUE": str(write_catalogue(tmp_path)),
    }.items():
        monkeypatch.setenv(name, value)
    return lambda *words: main(words)


async def read_fields(store: Store, endpoint_id: str) -> tuple[str, str]:
    """Return the stored forms of an endpoint's two secrets."""
    found = await store.call("HMGET", keys.endpoint(endpoint_id), "secret", "old_secret")
    return found[0].decode(), (found[1] or b"").decode()


async def test_secret_in_any_argument_of_a_script_is_masked(store_url: str) -> None:
    """A key that reaches a script past every gate is not stored."""
    redaction.remember([KEY])
    try:
        async with Store(store_url) as store:
            account = await accounts.create(store, name=f"a {KEY} b", plan="pro")
            await providers.open_breaker(store, "noop", f"no such key: {KEY}", target="image", scope="route")
            assert f"a {'*' * len(KEY)} b".encode() == await store.call("HGET", keys.account(account.id), "name")
            (route,) = await store.call("KEYS", "gw:route:*")
            assert KEY not in str(await store.call("HGETALL", route))
    finally:
        redaction.remember([])


async def test_secret_is_encrypted_at_rest(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SECRETS_KEY the store holds no webhook secret as it is, after a rotation neither, and both still sign."""
    monkeypatch.setenv(SECRETS_KEY, NEW)
    async with Store(store_url) as store:
        customer = await create_customer(store)
        made = await webhooks.create_endpoint(store, customer.account, HOOK)
        rotated = await webhooks.rotate_secret(store, customer.account, made.id)
        assert rotated is not None
        for stored in await read_fields(store, made.id):
            assert stored.startswith(SEALED)
            assert made.secret not in stored
        found = await webhooks.find_endpoint(store, customer.account, made.id)
        assert found is not None
        assert [rotated[0], made.secret] == found.secrets(0)
        monkeypatch.setenv(SECRETS_KEY, f"{OLD},{NEW}")
        assert [rotated[0], made.secret] == found.secrets(0)
        for wrong, words in (("", "set SECRETS_KEY"), (OLD, "No key in SECRETS_KEY")):
            monkeypatch.setenv(SECRETS_KEY, wrong)
            with pytest.raises(SealBroken, match=words):
                found.secrets(0)


def test_command_encrypts_what_is_stored(
    run: Run, store_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`secret seal` encrypts plain secrets and those of an older key, once, and writes one record to the audit."""

    async def prepare(store: Store) -> tuple[str, str, list[str]]:
        customer = await create_customer(store)
        plain = await webhooks.create_endpoint(store, customer.account, HOOK)
        rotated = await webhooks.rotate_secret(store, customer.account, plain.id)
        assert rotated is not None
        monkeypatch.setenv(SECRETS_KEY, OLD)
        sealed = await webhooks.create_endpoint(store, customer.account, HOOK)
        return plain.id, sealed.id, [rotated[0], plain.secret, sealed.secret]

    first, second, secrets = with_store(store_url, prepare)
    monkeypatch.delenv(SECRETS_KEY)
    assert 1 == run("secret", "seal")
    assert "wokflow secret key" in capsys.readouterr().err
    monkeypatch.setenv(SECRETS_KEY, f"{NEW},{OLD}")
    for counts in ("Encrypted 3 secrets; 0 ", "Encrypted 0 secrets; 3 "):
        assert 0 == run("secret", "seal")
        assert counts in capsys.readouterr().out
    monkeypatch.setenv(SECRETS_KEY, NEW)

    async def check(store: Store) -> None:
        forms = [form for name in (first, second) for form in await read_fields(store, name) if form]
        assert secrets == [sealing.unseal(form) for form in forms]
        assert ["secret seal"] * 2 == [line.what for line in await audit.list_records(store, 10)]

    with_store(store_url, check)


async def test_dispatcher_without_the_key_waits(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dispatcher whose SECRETS_KEY does not fit posts nothing, blames no endpoint, and delivers once it fits."""
    monkeypatch.setenv(SECRETS_KEY, NEW)
    async with Store(store_url) as store, Egress(networks=PRIVATE_NETWORKS) as egress, Receiver() as receiver:
        context = DeliveryContext(store=store, egress=egress, base_url="http://127.0.0.1:1", keep_ms=60_000)
        delivery = await settle_with_delivery(context, receiver)
        monkeypatch.setenv(SECRETS_KEY, OLD)
        with pytest.raises(Park):
            await deliver({"context": context}, f"deliver:{delivery}")
        assert [] == receiver.received
        assert [b"pending", b"0"] == await store.call("HMGET", keys.delivery(delivery), "state", "attempts")
        monkeypatch.setenv(SECRETS_KEY, NEW)
        await deliver({"context": context}, f"deliver:{delivery}")
        assert 1 == len(receiver.received)


async def test_backup_holds_no_secret(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup made with SECRETS_KEY holds no webhook secret as it is."""
    monkeypatch.setenv(SECRETS_KEY, NEW)
    async with Store(store_url) as store:
        if (await store.call("CONFIG", "GET", "appendonly"))[1] != b"yes":
            await store.call("CONFIG", "SET", "appendonly", "yes")
        made = await webhooks.create_endpoint(store, (await create_customer(store)).account, HOOK)
        await back_up(store, tmp_path / "copy")
    kept = b"".join(file.read_bytes() for file in (tmp_path / "copy").iterdir())
    assert made.id.encode() in kept
    assert made.secret.encode() not in kept


@pytest.mark.parametrize("key", ["short", "x" * 44, f"{NEW},short"], ids=["short", "not base64", "second is short"])
def test_unusable_key_is_named(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SECRETS_KEY that cannot be one ends the start with a sentence that names the variable and not its value."""
    monkeypatch.setenv(SECRETS_KEY, key)
    with pytest.raises(SettingsError, match="SECRETS_KEY must be") as raised:
        sealing.check()
    assert key not in str(raised.value)


async def test_callback_secret_rotates(store_url: str) -> None:
    """URLs of the new and of the last secret are valid, in running gateways too, and older ones are not."""
    async with Store(store_url) as store:
        valid, name = CallbackSecrets(store), new_generation_id()
        tokens = [token((await read_callback_secrets(store))[0], name)]
        for _ in range(2):
            assert name == await valid.find_generation(tokens[-1])
            await rotate_callback_secret(store)
            newest = NewestSecret()
            newest.value = (await read_callback_secrets(store))[0]
            tokens.append(token(newest.value, name))
            valid._read_s = -60.0  # a minute has passed since its last read
        assert 3 == len(set(tokens))
        assert [None, name, name] == [await valid.find_generation(one) for one in (tokens[0], *tokens[1:])]
        assert 2 == await store.call("LLEN", keys.CALLBACK_SECRETS)


def test_command_rotates_the_callback_secret(run: Run, store_url: str) -> None:
    """`secret rotate-callback` replaces the secret, and records it in the audit."""
    before = with_store(store_url, read_callback_secrets)
    assert 0 == run("secret", "rotate-callback")
    assert before == with_store(store_url, read_callback_secrets)[1:]

    async def read_actions(store: Store) -> list[str]:
        return [line.what for line in await audit.list_records(store, 10)]

    assert ["secret rotate-callback"] == with_store(store_url, read_actions)
