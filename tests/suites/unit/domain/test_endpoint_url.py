from ipaddress import ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.endpoint_url import URL_CHARS_MAX, validate
from shared.domain.public_address import PRIVATE_NETWORKS, refusal_reason


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/hooks?token=a%20b&x=1",
        "https://hooks.example.com.:8443/a/b",
        "https://example.com:443/",
        "HTTPS://EXAMPLE.COM/Hooks",
        "https://my_host.example.com/",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8/hook",
        "https://[2606:4700::1111]:8443/hook",
        "https://example.com/{tenant}/|x|",
        "https://" + "a" * 63 + ".example.com/",
    ],
)
def test_public_https_url_is_returned_unchanged(url: str) -> None:
    """An https URL with a public host is returned unchanged."""
    assert url == validate(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/hook",
        "http://127.0.0.1:8080/",
        "https://10.1.2.3/",
        "http://receiver:8000/",
        "http://[::1]/",
    ],
)
def test_private_url_needs_own_networks(url: str) -> None:
    """http and private networks are allowed for tests and demos only."""
    assert url == validate(url, networks=PRIVATE_NETWORKS)
    with pytest.raises(ValueError, match=r"url"):
        validate(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (None, "must be a string"),
        (7, "must be a string"),
        ("", "must be a string"),
        ("https://example.com/" + "x" * URL_CHARS_MAX, "at most 2000"),
        ("https://example.com/a b", "printable ASCII"),
        ("https://example.com/\r\nHost: x", "printable ASCII"),
        ("https://example.com\\@127.0.0.1/", "printable ASCII"),
        ("https://bücher.example/", "punycode"),
        ("https://①②⑦.0.0.1/", "printable ASCII"),
        ("https://[::1/", "valid host name and port"),
        ("https://example.com:99999/", "not use port 99999"),
        ("https://example.com:port/", "valid host name and port"),
        ("example.com/hook", "must start with https://"),
        ("//example.com/hook", "must start with https://"),
        ("ftp://example.com/", "must start with https://"),
        ("http://example.com/", r"must start with https://\.$"),
        ("https://", "must have a host"),
        ("https:///hook", "must have a host"),
        ("https://user:pw@example.com/", "user name"),
        ("https://@example.com/", "user name"),
        ("https://example.com/#part", "fragment"),
        ("https://example.com:0/", "not use port 0"),
        ("https://example.com:25/", "not use port 25"),
        ("https://exa%6dple.com/", "valid host name"),
        ("https://-example.com/", "valid host name"),
        ("https://example..com/", "valid host name"),
        ("https://" + "a." * 130 + "com/", "valid host name"),
        ("https://localhost/", "is local"),
        ("https://localhost./", "is local"),
        ("https://intranet/", "is local"),
        ("https://db.internal/", "is local"),
        ("https://printer.local/", "is local"),
        ("https://127.0.0.1/", "loopback"),
        ("https://169.254.169.254/latest/meta-data", "cloud metadata"),
        ("https://10.0.0.1/", "private"),
        ("https://100.64.0.1/", "carrier-grade NAT"),
        ("https://[::ffff:127.0.0.1]/", "IPv4-mapped"),
        ("https://[fd00:ec2::254]/", "cloud metadata"),
        ("https://2130706433/", "usual notation"),
        ("https://0x7f000001/", "usual notation"),
        ("https://0x7f.1/", "usual notation"),
        ("https://0177.0.0.1/", "usual notation"),
        ("https://127.1/", "usual notation"),
        ("https://1.2.3.4.5/", "usual notation"),
        ("https://[fe80::1%25eth0]/", "address|notation"),
    ],
)
def test_invalid_url_is_refused_with_reason(url: object, reason: str) -> None:
    """A URL that cannot work is refused with a sentence that has the reason."""
    with pytest.raises(ValueError, match=reason):
        validate(url)


@given(st.text() | st.from_regex(r"https?://[a-z0-9.:\[\]@%#?/-]*"))
def test_any_text_is_returned_or_raises_value_error(url: str) -> None:
    """Any text is returned unchanged or refused with a ValueError."""
    try:
        assert url == validate(url)
    except ValueError as refused:
        assert str(refused)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("0.0.0.0", "unspecified"),
        ("10.255.255.255", "private"),
        ("100.127.255.255", "carrier-grade NAT"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "cloud metadata"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "cloud metadata"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "cloud metadata"),
        ("100.100.100.200", "cloud metadata"),
        ("fd20:ce::254", "cloud metadata"),
        ("192.168.0.1", "private"),
        ("198.19.0.1", "benchmarking"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::ffff:8.8.8.8", "IPv4-mapped"),
        ("::8.8.8.8", "IPv4-compatible"),
        ("64:ff9b::808:808", "NAT64"),
        ("64:ff9b:1::808:808", "NAT64"),
        ("2001:0:53aa:64c::1", "Teredo"),
        ("2002:808:808::1", "6to4"),
        ("2001:db8::1", "documentation"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "cloud metadata"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "reserved"),
        ("ff02::1", "multicast"),
        ("4000::1", "reserved"),
        ("127.1", "malformed"),
        ("2130706433", "malformed"),
        ("localhost", "malformed"),
        ("", "malformed"),
    ],
)
def test_address_is_refused_with_reason(address: str, reason: str) -> None:
    """Each kind of address that is not public has its reason."""
    assert reason == refusal_reason(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2606:4700::1", "2a00:1450::1"]
)
def test_public_address_is_allowed(address: str) -> None:
    """Addresses next to the refused networks are public."""
    assert refusal_reason(address) is None


@given(st.ip_addresses())
@example(ip_address("192.0.0.9"))
@example(ip_address("2001:1::1"))
def test_public_address_is_global_in_standard_library(address: object) -> None:
    """No random address is public here and private, reserved or multicast for Python's own tables."""
    ip = ip_address(str(address))
    if refusal_reason(str(ip)) is None:
        assert ip.is_global
        assert not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local)
