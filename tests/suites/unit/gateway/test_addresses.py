"""The gateway's own URL, with and without PUBLIC_URL."""

from types import SimpleNamespace

import pytest

from gateway.addresses import address_of
from shared.ops.settings import Settings


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:8080"),
        ("::", "http://[::1]:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("gateway.internal", "http://gateway.internal:8080"),
    ],
)
def test_own_address_can_be_followed(host: str, expected: str) -> None:
    """An IPv6 address is in brackets, and one that stands for all is replaced."""
    settings = Settings(host=host)
    assert (expected, expected) == (settings.base_url, settings.local_url)
    assert (host not in ("::", "0.0.0.0")) == settings.is_public_url_known


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("192.168.1.5:8080", "http://192.168.1.5:8080"),
        ("[2001:db8::1]:8080", "http://[2001:db8::1]:8080"),
        ("pi.local", "http://pi.local"),
        *(
            (odd, "http://127.0.0.1:8080")
            for odd in ("", "a/b", "a@b", "a b", "[::1", "a:99999", "a:0", "a?b", "é.example", "a" * 300, '"><script>')
        ),
    ],
)
def test_host_header_is_used_if_it_is_a_host(sent: str, expected: str) -> None:
    """Only a gateway without an address of its own uses the header, and only a valid one."""
    request = SimpleNamespace(headers={"Host": sent})
    assert expected == address_of(request, Settings(host="0.0.0.0"))  # type: ignore[arg-type]
    for known in (Settings(), Settings(host="0.0.0.0", public_url="https://api.example.com/")):
        assert known.base_url == address_of(request, known)  # type: ignore[arg-type]
