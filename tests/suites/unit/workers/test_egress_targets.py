"""Request targets go out byte for byte, and redirects of a GET are followed, each hop checked like the first."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.foreign_url import ForeignUrl
from shared.domain.public_address import PRIVATE_NETWORKS, parse_networks
from tests.harness.doubles.line import LineServer, redirect_to
from tests.harness.doubles.receiver import Receiver
from tests.harness.doubles.zone import Zone
from workers.egress import Egress, _follow
from workers.egress.errors import BadRedirect, BlockedAddress

BYTES_MAX = 100
# Printable ASCII without the sign that begins a fragment, and percent-escapes in all spellings.
PIECES = st.one_of(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=5),
    st.sampled_from(["%2F", "%2f", "%3A", "%7E", "%27", "%41", "%", "%zz", "%C3%BC", "../", "./", "//", "?", "&", "+"]),
)
TARGETS = st.lists(PIECES, max_size=8).map(lambda pieces: "/" + "".join(pieces))


@pytest.fixture
async def server() -> AsyncIterator[LineServer]:
    async with LineServer() as server:
        yield server


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    async with Egress(networks=PRIVATE_NETWORKS) as egress:
        yield egress


@pytest.mark.parametrize(
    "target",
    [
        "/a%2Fb%3Ac%7Ed%27e%41?sig=a%2Fb%3Dc%3A&se=2026%2D01",
        "/p?",
        "/?",
        "//double//slash/",
        "/a/../b/./c",
        "/{tenant}/|x|^`<>\"'",
        "/unsafe/300x200/filters:quality(80)/https%3A%2F%2Fa.example%2Fb.png",
        "/%zz%",
        "/?a=b?c&&=;d",
    ],
)
async def test_target_is_sent_as_given(egress: Egress, server: LineServer, target: str) -> None:
    """GET and POST send exactly the target of the URL."""
    await egress.get(server.origin + target, body_bytes_max=BYTES_MAX)
    await egress.post(server.origin + target, b"{}", {})
    assert [f"GET {target} HTTP/1.1", f"POST {target} HTTP/1.1"] == server.lines


@settings(max_examples=10)
@given(targets=st.lists(TARGETS, min_size=10, max_size=20))
def test_any_target_is_sent_as_given(targets: list[str]) -> None:
    """Any targets of printable characters and percent-escapes are sent byte for byte."""

    async def send() -> list[str]:
        async with LineServer() as server, Egress(networks=PRIVATE_NETWORKS) as egress:
            for target in targets:
                await egress.get(server.origin + target, body_bytes_max=BYTES_MAX)
            return server.targets

    assert targets == asyncio.run(send())


@pytest.mark.parametrize(
    ("given_target", "sent"),
    [("", "/"), ("?a=%3A", "/?a=%3A"), ("/a b", "/a%20b"), ("/ü#part", "/%C3%BC"), ("/a#%2F", "/a"), ("#x", "/")],
)
async def test_target_becomes_sendable(egress: Egress, server: LineServer, given_target: str, sent: str) -> None:
    """An empty path becomes /, a fragment is not sent, and only spaces and non-ASCII characters are encoded."""
    await egress.get(server.origin + given_target, body_bytes_max=BYTES_MAX)
    assert [sent] == server.targets


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/b%2Fc?s=%3A", "b%2Fc?s=%3A", "{origin}/b%2Fc?s=%3A", "//{host}/b%2Fc?s=%3A"])
async def test_redirect_of_a_get_is_followed(egress: Egress, server: LineServer, status: int, location: str) -> None:
    """A relative or absolute redirect is followed, and its target is sent as given."""
    host = server.origin.removeprefix("http://")
    server.answers["/a"] = redirect_to(location.format(origin=server.origin, host=host), status)
    fetched = await egress.get(server.origin + "/a", body_bytes_max=BYTES_MAX)
    assert (200, b"ok", ["/a", "/b%2Fc?s=%3A"]) == (fetched.status, fetched.data, server.targets)


async def test_three_redirects_are_followed_and_a_fourth_is_not(egress: Egress, server: LineServer) -> None:
    """A chain of three redirects arrives; a fourth redirect ends the request."""
    server.answers |= {f"/{n}": redirect_to(f"/{n + 1}") for n in range(1, 5)}
    assert 200 == (await egress.get(server.origin + "/2", body_bytes_max=BYTES_MAX)).status
    with pytest.raises(BadRedirect, match="more than 3 times") as caught:
        await egress.get(server.origin + "/1", body_bytes_max=BYTES_MAX)
    assert ("bad_redirect", "/5") == (caught.value.code, ["", *server.targets[:4]][4])


@pytest.mark.parametrize("location", ["http://[::1/x", "ftp://a.example/", "http://u:p@a.example/", "http:///x"])
async def test_redirect_to_a_bad_url_is_refused(egress: Egress, server: LineServer, location: str) -> None:
    """A redirect to a URL that cannot be requested is an error of its own."""
    server.answers["/a"] = redirect_to(location)
    with pytest.raises(BadRedirect):
        await egress.get(server.origin + "/a", body_bytes_max=BYTES_MAX)


async def test_each_hop_is_checked(server: LineServer) -> None:
    """A redirect to a private address is refused, by address and by name, and nothing is sent there."""
    async with Receiver(host="127.0.0.2") as private:
        for host in ("127.0.0.2", "inside.example.com"):
            server.answers["/a"] = redirect_to(f"http://{host}:{private.port}/")
            zone = Zone(("127.0.0.2",))
            async with Egress(networks=parse_networks("127.0.0.1"), resolver=zone) as guarded:
                with pytest.raises(BlockedAddress):
                    await guarded.get(server.origin + "/a", body_bytes_max=BYTES_MAX)
        assert [] == private.received


@pytest.mark.parametrize(("ports", "reached"), [((80, 443), False), (None, True)])
async def test_only_named_ports_of_public_addresses_are_contacted(
    monkeypatch: pytest.MonkeyPatch, server: LineServer, ports: tuple[int, ...] | None, reached: bool
) -> None:
    """With `ports`, another port of a public address is refused before a connection is made."""
    monkeypatch.setattr("workers.egress.refusal_reason", lambda address, networks=(): None)
    async with Egress(ports=ports) as egress:
        if reached:
            assert 200 == (await egress.get(server.origin, body_bytes_max=BYTES_MAX)).status
        else:
            with pytest.raises(BlockedAddress, match=f"port {server.port}"):
                await egress.get(server.origin, body_bytes_max=BYTES_MAX)
    assert reached == bool(server.lines)


async def test_own_networks_are_allowed_on_every_port(server: LineServer) -> None:
    """An operator's own network is allowed although it is not public, whatever the ports."""
    async with Egress(networks=parse_networks("127.0.0.0/8"), ports=(80, 443)) as egress:
        assert 200 == (await egress.get(server.origin, body_bytes_max=BYTES_MAX)).status


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "0.0.0.0"])
async def test_metadata_is_never_allowed(host: str) -> None:
    """Link-local and metadata addresses are refused although every network is allowed."""
    async with Egress(networks=parse_networks("0.0.0.0/0, ::/0")) as egress:
        with pytest.raises(BlockedAddress):
            await egress.get(f"http://{host}/latest/meta-data", body_bytes_max=BYTES_MAX)


def test_redirect_to_plain_http_is_not_followed() -> None:
    """A link over TLS does not lead to one that others can read and change, nor to another kind of URL."""
    secure, plain = (ForeignUrl.parse(f"{scheme}://a.example/x/y") for scheme in ("https", "http"))
    assert ("https", "/z") == (_follow(plain, "https://b.example/z").scheme, _follow(secure, "/z").target)
    for location in ("http://a.example/x", "ftp://a.example/", "file:///etc/passwd"):
        with pytest.raises(BadRedirect):
            _follow(secure, location)
