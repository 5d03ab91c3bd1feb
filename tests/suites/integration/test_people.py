"""People sign up, sign in and work together, and nobody gets further than that."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer
from aiosmtplib import SMTPResponseException
from structlog.testing import capture_logs

from gateway.app import build_app
from gateway.context import CONTEXT
from gateway.people.attempts import SIGN_IN_HERE, SIGN_UP_ADDRESS, Bound, count_attempt
from gateway.people.forms import FORM
from gateway.people.links import LIVES_MS, link_hash
from gateway.people.sessions import COOKIE
from operate.people import make_operator_link
from shared.domain.people import ACCOUNT_ROLES
from shared.ops.settings import Settings
from shared.records import people
from shared.records.migrate import migrate
from shared.records.opening import open_records
from shared.store import accounts, erase
from shared.store.connect import Store
from tests.harness.factories import write_catalogue
from tests.harness.people import CHEAP, PASSWORD, Browser, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROLES_GIVEN = ["owner", "admin", "member", "billing"]
ODD_NAMES = [
    "<script>alert(1)</script>",
    "Ada \u202eevil",
    "Ada\u0000",
    "Ada\nBcc: all@example.com",
    "\u200b",
    " ",
    "a" * 101,
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(store_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """Run one gateway for the module, on an empty store and a new database."""
    folder = tmp_path_factory.mktemp("town")
    url = f"sqlite:///{folder}/records.db"
    async with Store(store_server) as store, open_records(url) as records:
        await store.call("FLUSHALL")
        await migrate(records)
    settings = Settings(
        redis_url=store_server,
        data_dir=str(folder),
        catalogue=str(write_catalogue(folder)),
        database_url=url,
        sign_up="open",
        sign_up_plan="pro",
        trial_credit_cents=50,
        failed_keys_per_s=0,
    )
    app = build_app(settings)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gateway.people.passwords.HASHER", CHEAP)
        patched.setattr("gateway.people.passwords.NOBODYS", CHEAP.hash("of nobody"))
        async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as client:
            yield Town(client, app[CONTEXT])


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def forget_attempts(town: Town) -> None:
    """Let each test begin without attempts."""
    found = await town.context.store.call("KEYS", "gw:attempts:*")
    if found:
        await town.context.store.call("DEL", *found)


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    return answer[0], answer[1]["error"]["code"]


async def test_sign_up_makes_an_account_once(town: Town) -> None:
    """The link of the e-mail creates a person and an account with the trial credit, and then works no more."""
    browser = await town.sign_up("Ada@Example.com")
    status, me = await browser.call("GET", "/person")
    assert (200, "Ada", "ada@example.com", "owner", False) == (
        status,
        me["name"],
        me["email"],
        me["role"],
        me["operator"],
    )
    account = await accounts.find(town.context.store, me["account"])
    assert account is not None
    assert ("Ada", "pro", 500_000) == (account.name, account.plan, account.balance)
    assert not await accounts.list_keys(town.context.store, account.id)
    again = {"token": await town.read_token("ada@example.com"), "name": "Eve", "password": PASSWORD}
    assert (410, "link_expired") == code(await town.browser().call("POST", "/verify", again))
    answer = await town.sign_in("ADA@example.com")
    assert (200, me["account"]) == (answer[0], answer[1]["account"])
    assert 204 == (await browser.call("POST", "/sign-out"))[0]
    assert (401, "not_signed_in") == code(await browser.call("GET", "/person"))
    assert 200 == (await answer[2].call("GET", "/person"))[0]


async def test_pages_work_without_scripts(town: Town) -> None:
    """Sign-up, the link, sign-in and sign-out are forms; the token leaves the address; next is a page of ours."""
    browser = town.browser()
    _, text = await browser.submit("/sign-up", email="page@example.com")
    assert "on its way" in text
    token = await town.read_token("page@example.com")
    opened, _ = await browser.send("GET", f"/verify?token={token}")
    assert (303, "/verify") == (opened.status, opened.headers["Location"])
    response, text = await browser.send("GET", "/verify")
    assert (False, True) == (token in text, "page@example.com" in text)
    for name in ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Cache-Control"):
        assert name in response.headers
    assert "'unsafe-inline'" not in response.headers["Content-Security-Policy"]
    wrong, text = await browser.submit("/verify", name="<b>Ada</b>", password="short")
    assert (400, True, True) == (wrong.status, "10 to 200" in text, "&lt;b&gt;Ada" in text)
    done, _ = await browser.submit("/verify", name="Ada", password=PASSWORD)
    assert (303, True) == (done.status, COOKIE in browser.cookies)
    dead, text = await browser.send("GET", "/verify")
    assert (410, True) == (dead.status, "does not work" in text)
    for given in ("/docs", "//evil.example", "https://evil.example", "/\\evil.example"):
        place = given if given == "/docs" else "/account/api-keys"
        other = town.browser()
        signed, _ = await other.submit("/sign-in", email="page@example.com", password=PASSWORD, next=given)
        assert (303, place) == (signed.status, signed.headers["Location"]), given
    csrf = (await other.call("GET", "/person"))[1]["csrf_token"]
    assert 403 == (await other.send("POST", "/sign-out", data={"csrf_token": "x"}))[0].status
    assert 303 == (await other.send("POST", "/sign-out", data={"csrf_token": csrf}))[0].status
    assert COOKIE not in other.cookies


async def test_session_is_never_the_one_that_a_browser_brought(town: Town) -> None:
    """A planted cookie stays nobody's: sign-in, a new password and another account get new tokens."""
    mine = await town.sign_up("fix@example.com")
    planted = town.browser()
    planted.cookies[COOKIE] = mine.cookies[COOKIE][:-1] + ("0" if mine.cookies[COOKIE][-1] != "0" else "1")
    fixed = planted.cookies[COOKIE]
    await planted.call("POST", "/sign-in", {"email": "fix@example.com", "password": PASSWORD})
    assert fixed != planted.cookies[COOKIE]
    before, other = dict(planted.cookies), (await town.sign_in("fix@example.com"))[2]
    body = {"current_password": PASSWORD, "password": "another-Horse8"}
    assert (401, "sign_in_failed") == code(await planted.call("POST", "/password", {**body, "current_password": "no"}))
    assert 200 == (await planted.call("POST", "/password", body))[0]
    assert before[COOKIE] != planted.cookies[COOKIE]
    for ended in (mine, other, Browser(town.client, before)):
        assert 401 == (await ended.call("GET", "/person"))[0]
    assert 1 == len((await planted.call("GET", "/sessions"))[1]["data"])
    assert (401, "sign_in_failed") == code((await town.sign_in("fix@example.com"))[:2])


async def test_forms_and_calls_of_other_sites_are_refused(town: Town) -> None:
    """Neither a form without its token nor a call without the header changes anything."""
    browser = await town.sign_up("csrf@example.com")
    _, me = await browser.call("GET", "/person")
    good, browser.csrf = browser.csrf, ""
    for method, path in (
        ("POST", "/sign-out"),
        ("POST", "/invitations"),
        ("DELETE", "/sessions"),
        ("POST", "/password"),
    ):
        assert (403, "forbidden") == code(await browser.call(method, path, {})), path
    for path, fields in (("/sign-in", {"password": PASSWORD}), ("/sign-up", {}), ("/reset", {})):
        for token in ("", good, "0" * 40):
            stranger = town.browser()
            await stranger.send("GET", path)
            response, _ = await stranger.send(
                "POST", path, data={"email": "csrf@example.com", "csrf_token": token, **fields}
            )
            assert 403 == response.status
            response, _ = await town.browser().send(
                "POST", path, data={"email": "csrf@example.com", "csrf_token": token}
            )
            assert 403 == response.status
    for options in ({"data": "email=a", "headers": {"Content-Type": "text/plain"}}, {"data": {"email": "a@b.c"}}):
        answer = await town.browser().send("POST", "/api/v1/account/sign-in", **options)  # type: ignore[arg-type]
        assert 415 == answer[0].status
    browser.csrf = good
    assert me["id"] == (await browser.call("GET", "/person"))[1]["id"]


async def test_answers_do_not_say_who_has_an_account(town: Town) -> None:
    """Sign-up, reset and a failed sign-in answer alike for known and unknown addresses, and both get the time."""
    await town.sign_up("known@example.com")
    for path in ("/sign-up", "/reset"):
        known, unknown = [
            await town.browser().call("POST", path, {"email": f"{name}@example.com"}) for name in ("known", "new")
        ]
        assert known == unknown == (202, {"status": "sent"})
    wrong, nobody = [(await town.sign_in(f"{name}@example.com", "wrong-Horse7"))[:2] for name in ("known", "nobody")]
    assert wrong == nobody
    assert (401, "sign_in_failed") == code(wrong)
    assert "has an account already" in (await town.read_letters("known@example.com"))[-2]
    assert [] == await town.read_letters("nobody@example.com")
    seen = list[str]()
    verify = town.context.passwords.verify

    async def watch(stored: str, password: str, address: str) -> bool:
        seen.append(stored)
        return await verify(stored, password, address)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(town.context.passwords), "verify", lambda self, *given: watch(*given))
        for name in ("known", "nobody"):
            await town.sign_in(f"{name}@example.com", "wrong-Horse7")
    assert 2 == len(seen)


async def test_passwords_are_not_tried_for_ever(town: Town) -> None:
    """After some attempts the right password is refused too, also for an unknown address, and the counters expire."""
    await town.sign_up("brute@example.com")
    for address in ("brute@example.com", "unknown@example.com"):
        statuses = [(await town.sign_in(address, f"wrong-Horse{n}"))[0] for n in range(SIGN_IN_HERE.attempts)]
        assert {401} == set(statuses)
        status, answer, _ = await town.sign_in(address)
        assert (429, "rate_limited") == code((status, answer))
    response, _ = await town.browser().submit("/sign-in", email="brute@example.com", password=PASSWORD)
    assert (429, True) == (response.status, int(response.headers["Retry-After"]) > 0)
    for name in await town.context.store.call("KEYS", "gw:attempts:*"):
        assert 0 < await town.context.store.call("PTTL", name)
        assert b"brute" not in name


async def test_counter_that_ends_between_two_commands_expires(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt that is counted just as the counter's period ends begins a new period, and not an endless one."""
    store, call = town.context.store, town.context.store.call

    async def call_late(*words: Any, **options: Any) -> Any:
        reply = await call(*words, **options)
        if words[0] == "SET":
            await call("DEL", words[1])
        return reply

    monkeypatch.setattr(store, "call", call_late)
    await count_attempt(town.context, Bound("late", 1, 60), "ada")
    [name] = await store.call("KEYS", "gw:attempts:late:*")
    assert 0 < await store.call("PTTL", name) <= 60_000


async def test_floods_of_sign_ups_are_bounded(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """One address signs up a few times an hour, all together have a bound, and one e-mail address gets few e-mails."""
    statuses = [(await town.browser().call("POST", "/sign-up", {"email": "flood@example.com"}))[0] for _ in range(20)]
    assert [202] * SIGN_UP_ADDRESS.attempts == [status for status in statuses if status == 202]
    assert {202, 429} == set(statuses)
    assert 5 == len(await town.read_letters("flood@example.com"))
    monkeypatch.setattr("gateway.people.enrol.SIGN_UP_ALL", Bound("all-test", 1, 60))
    for name in await town.context.store.call("KEYS", "gw:attempts:sign-up-address:*"):
        await town.context.store.call("DEL", name)
    answers = [(await town.browser().call("POST", "/sign-up", {"email": f"f{n}@example.com"}))[0] for n in range(3)]
    assert [202, 429, 429] == answers
    for path, kind in (("/api/v1/account/sign-up", "application/json"), ("/sign-up", FORM), ("/sign-out", FORM)):
        large = {"data": io.BytesIO(b"email=" + b"x" * 10_000_000), "headers": {"Content-Type": kind}}
        assert 413 == (await town.browser().send("POST", path, **large))[0].status


async def test_a_flood_of_one_purpose_holds_back_no_other(town: Town) -> None:
    """Resets of a stranger neither show in the answer to an invitation nor hold back e-mail of another purpose."""
    owner, _ = await town.sign_up("asks@example.com"), await town.sign_up("flooded@example.com")
    for _ in range(7):
        await town.browser().call("POST", "/reset", {"email": "flooded@example.com"})
    invite = {"email": "flooded@example.com", "role": "member"}
    assert 201 == (await owner.call("POST", "/invitations", invite))[0]
    assert "invites you" in (await town.read_letters("flooded@example.com"))[-1]


async def test_odd_texts_are_refused_or_shown_as_text(town: Town) -> None:
    """Markup is only text, invisible characters are refused, and a refusal leaves the link as it was."""
    browser = town.browser()
    await browser.call("POST", "/sign-up", {"email": "odd@example.com"})
    token = await town.read_token("odd@example.com")
    for name in ODD_NAMES[1:]:
        answer = await browser.call("POST", "/verify", {"token": token, "name": name, "password": PASSWORD})
        assert (400, "invalid_request") == code(answer), name
    for password in ("short", "password123", "aaaaaaaaaaaa", "odd@example.com", "x" * 201):
        answer = await browser.call("POST", "/verify", {"token": token, "name": "Ada", "password": password})
        assert (400, "invalid_request") == code(answer), password
    assert (
        201 == (await browser.call("POST", "/verify", {"token": token, "name": ODD_NAMES[0], "password": PASSWORD}))[0]
    )
    assert ODD_NAMES[0] == (await browser.call("GET", "/person"))[1]["name"]
    for address in (
        "",
        "a",
        "a@b@c",
        "a b@example.com",
        "a@exa\nmple.com",
        "ä@example.com",
        "a@" + "b" * 300,
        "<a>@b.c",
    ):
        assert (400, "invalid_request") == code(await browser.call("POST", "/sign-up", {"email": address})), address
    _, text = await browser.submit("/sign-in", email='"><script>alert(1)</script>', password="x")
    assert "<script>alert" not in text


async def test_reset_sets_a_password_once_and_ends_all_sessions(town: Town) -> None:
    """An expired or used link does nothing, an unknown address gets none, and the new password works."""
    mine = await town.sign_up("reset@example.com")
    for _ in range(2):
        await town.browser().call("POST", "/reset", {"email": "reset@example.com"})
    letters = await town.read_letters("reset@example.com")
    first, token = [letter.partition("?token=")[2].split()[0] for letter in letters[-2:]]
    browser, body = town.browser(), {"password": "another-Horse8"}
    for wrong in (first, "x", "", "x" * 100):
        assert (410, "link_expired") == code(await browser.call("POST", "/reset/confirm", {**body, "token": wrong}))
    assert (410, "link_expired") == code(
        await browser.call("POST", "/verify", {"token": token, "name": "Ada", "password": PASSWORD})
    )
    assert 200 == (await browser.call("POST", "/reset/confirm", {**body, "token": token}))[0]
    assert (410, "link_expired") == code(await browser.call("POST", "/reset/confirm", {**body, "token": token}))
    assert 401 == (await mine.call("GET", "/person"))[0]
    assert [401, 200] == [(await town.sign_in("reset@example.com", one))[0] for one in (PASSWORD, "another-Horse8")]
    assert "was changed" in (await town.read_letters("reset@example.com"))[-1]
    await town.browser().call("POST", "/reset", {"email": "reset@example.com"})
    late = await town.read_token("reset@example.com")
    await town.context.history.change(
        lambda one: one.execute(people.links.update().values(ends_ms=1)),  # type: ignore[arg-type]
    )
    assert (410, "link_expired") == code(await browser.call("POST", "/reset/confirm", {**body, "token": late}))
    assert LIVES_MS[people.RESET] < LIVES_MS[people.SIGN_UP]


async def test_invitation_works_once_and_for_its_role(town: Town) -> None:
    """A colleague joins by the link, which then works no more; a withdrawn one never does."""
    owner = await town.sign_up("boss@example.com")
    account = (await owner.call("GET", "/person"))[1]["account"]
    guest = await town.join(owner, "guest@example.com", "member")
    me = (await guest.call("GET", "/person"))[1]
    assert (account, "member") == (me["account"], me["role"])
    body = {"token": await town.read_token("guest@example.com"), "name": "Eve", "password": PASSWORD}
    assert (410, "link_expired") == code(await town.browser().call("POST", "/verify", body))
    assert [] == (await owner.call("GET", "/invitations"))[1]["data"]
    sent = (await owner.call("POST", "/invitations", {"email": "late@example.com", "role": "billing"}))[1]
    assert "token" not in str(sent)
    assert 204 == (await owner.call("DELETE", f"/invitations/{sent['id']}"))[0]
    body["token"] = await town.read_token("late@example.com")
    assert (410, "link_expired") == code(await town.browser().call("POST", "/verify", body))
    known = await town.sign_up("known2@example.com")
    await owner.call("POST", "/invitations", {"email": "known2@example.com", "role": "admin"})
    body = {"token": await town.read_token("known2@example.com"), "password": "wrong-Horse7"}
    assert (401, "sign_in_failed") == code(await known.call("POST", "/verify", body))
    joined = (await known.call("POST", "/verify", {**body, "password": PASSWORD}))[1]
    assert (account, "admin", 2) == (joined["account"], joined["role"], len(joined["accounts"]))
    own = next(one["account"] for one in joined["accounts"] if one["account"] != account)
    cookie = known.cookies[COOKIE]
    switched = (await known.call("POST", "/switch", {"account": own}))[1]
    assert (own, "owner", False) == (switched["account"], switched["role"], cookie == known.cookies[COOKIE])
    assert (404, "not_found") == code(await guest.call("POST", "/switch", {"account": own}))


async def test_nobody_rises_above_a_role(town: Town) -> None:
    """Members and payers change nobody, an admin makes and changes no owner, and the last owner stays."""
    owner = await town.sign_up("top@example.com")
    mine = (await owner.call("GET", "/person"))[1]
    team = {role: await town.join(owner, f"{role}.top@example.com", role) for role in ROLES_GIVEN[1:]}
    ids = {one["role"]: one["id"] for one in (await owner.call("GET", "/members"))[1]["data"]}
    assert set(ACCOUNT_ROLES) == set(ids)
    for role in ("member", "billing"):
        for method, path, body in (
            ("PATCH", f"/members/{ids[role]}", {"role": "owner"}),
            ("DELETE", f"/members/{mine['id']}", None),
            ("POST", "/invitations", {"email": "x@example.com", "role": "owner"}),
            ("GET", "/invitations", None),
        ):
            assert (403, "forbidden") == code(await team[role].call(method, path, body)), (role, path)
        assert 403 == (await team[role].call("DELETE", f"?confirm={mine['account']}"))[0]
        assert 403 == (await team[role].send("POST", "/api/v1/keys", json={}))[0].status
    admin = team["admin"]
    for method, path, body in (
        ("PATCH", f"/members/{ids['admin']}", {"role": "owner"}),
        ("PATCH", f"/members/{mine['id']}", {"role": "member"}),
        ("DELETE", f"/members/{mine['id']}", None),
        ("POST", "/invitations", {"email": "x@example.com", "role": "owner"}),
        ("DELETE", f"?confirm={mine['account']}", None),
    ):
        assert (403, "forbidden") == code(await admin.call(method, path, body)), path
    assert (409, "conflict") == code(await owner.call("PATCH", f"/members/{mine['id']}", {"role": "admin"}))
    assert (409, "conflict") == code(await owner.call("DELETE", f"/members/{mine['id']}"))
    stranger = await town.sign_up("stranger@example.com")
    assert (404, "not_found") == code(await stranger.call("PATCH", f"/members/{ids['member']}", {"role": "billing"}))
    changed = await owner.call("PATCH", f"/members/{ids['admin']}", {"role": "member"})
    assert (200, "member") == (changed[0], changed[1]["role"])
    assert 401 == (await admin.call("GET", "/invitations"))[0]
    assert 204 == (await team["member"].call("DELETE", f"/members/{ids['member']}"))[0]
    assert 401 == (await team["member"].call("GET", "/person"))[0]
    assert (403, "forbidden") == code((await town.sign_in("member.top@example.com"))[:2])


async def test_sessions_are_listed_and_closed(town: Town) -> None:
    """A person sees and closes only own sessions."""
    owner = await town.sign_up("list@example.com")
    guest = await town.join(owner, "list.guest@example.com", "member")
    other = (await town.sign_in("list@example.com"))[2]
    listed = (await owner.call("GET", "/sessions"))[1]["data"]
    assert [False, True] == [one["current"] for one in listed]
    assert 204 == (await owner.call("DELETE", f"/sessions/{listed[0]['id']}"))[0]
    assert (401, 200) == ((await other.call("GET", "/person"))[0], (await owner.call("GET", "/person"))[0])
    assert (404, "not_found") == code(await guest.call("DELETE", f"/sessions/{listed[1]['id']}"))
    more = (await town.sign_in("list@example.com"))[2]
    assert 204 == (await owner.call("DELETE", "/sessions"))[0]
    assert [401, 200, 200] == [(await one.call("GET", "/person"))[0] for one in (more, owner, guest)]


async def refuse_mail() -> None:
    """Fail like an e-mail that the server refuses."""
    raise SMTPResponseException(550, "no such user: secret@example.com")


async def test_no_token_is_in_a_log_or_address(town: Town) -> None:
    """Log lines, addresses and the database have no token, password or e-mail address of a sign-up."""
    with capture_logs() as lines:
        browser = await town.sign_up("secret@example.com")
        token = await town.read_token("secret@example.com")
        opened, _ = await browser.send("GET", f"/join?token={token}")
        await town.sign_in("secret@example.com")
        town.context.mailer.do_later(refuse_mail)
        await town.context.mailer.drain()
    assert ["mail.failed"] == [line["event"] for line in lines if "550" in str(line)]
    assert token not in opened.headers["Location"]
    secrets = ["secret@example.com", token, browser.cookies[COOKIE], PASSWORD]
    rows = await town.context.history.read(lambda one: people.find_by_email(one, "secret@example.com"))
    files = Path(town.context.settings.data_dir).glob("records.db*")
    stored = b"".join(file.read_bytes() for file in files)
    assert rows is not None
    assert not [one for one in secrets if one in str(lines)]
    assert not [one for one in secrets[1:] if one.encode() in stored]
    assert link_hash(token) != token


async def test_first_operator_is_made_once(town: Town) -> None:
    """The link of a fresh deployment makes one operator; a second link is not made, and an older one does not work."""
    url = town.context.settings.records_url
    old, link = [await make_operator_link(url, "http://here") for _ in range(2)]
    browser, body = town.browser(), {"name": "Root", "email": "root@example.com", "password": PASSWORD}
    stale = {**body, "token": old.partition("token=")[2]}
    assert (410, "link_expired") == code(await browser.call("POST", "/verify", stale))
    status, me = await browser.call("POST", "/verify", {**body, "token": link.partition("token=")[2]})
    assert (201, True, "owner") == (status, me["operator"], me["role"])
    assert "" == await make_operator_link(url, "http://here")
    assert (await town.sign_in("root@example.com"))[1]["operator"]
    assert not (await (await town.sign_up("plain@example.com")).call("GET", "/person"))[1]["operator"]


async def test_erased_account_leaves_nobody(town: Town) -> None:
    """The people of an erased account who are in no other one are gone, with their sessions and links."""
    owner = await town.sign_up("gone@example.com")
    account = (await owner.call("GET", "/person"))[1]["account"]
    keeps = await town.sign_up("keeps@example.com")
    await owner.call("POST", "/invitations", {"email": "keeps@example.com", "role": "member"})
    body = {"token": await town.read_token("keeps@example.com"), "password": PASSWORD}
    assert 201 == (await keeps.call("POST", "/verify", body))[0]
    await erase.revoke_all(town.context.store, account)
    assert 1 == await town.context.history.change(lambda one: people.erase_people(one, account))
    assert 401 == (await owner.call("GET", "/person"))[0]
    assert 401 == (await town.sign_in("gone@example.com"))[0]
    assert 200 == (await town.sign_in("keeps@example.com"))[0]


async def test_sign_up_is_off_without_a_database(store_url: str, tmp_path: Path) -> None:
    """Pages and calls say so, and a deployment that is closed refuses sign-ups."""
    catalogue = str(write_catalogue(tmp_path))
    for mode, database, expected in (("open", "off", 503), ("invite", "off", 403)):
        settings = Settings(
            redis_url=store_url, data_dir=str(tmp_path), catalogue=catalogue, database_url=database, sign_up=mode
        )
        app = build_app(settings)
        async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as client:
            browser = Browser(client)
            assert expected == (await browser.call("POST", "/sign-up", {"email": "a@example.com"}))[0]
            response, text = await browser.submit("/sign-in", email="a@example.com", password=PASSWORD)
            assert (503, True) == (response.status, "no database" in text)
            assert (200 if mode == "open" else 403) == (await browser.send("GET", "/sign-up"))[0].status
