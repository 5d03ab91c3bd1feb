"""Settings are checked as a whole, before anything starts."""

import pytest

from shared.domain.public_address import refusal_reason
from shared.domain.store_url import parse_store_url, socket_url
from shared.ops import settings
from shared.ops.setting_values import hide_secrets
from shared.ops.settings import Settings, SettingsError, load

WRONG = {
    "HOST": ["[::1]", "127.0.0.1:80", "a b", "1.2.3", "-a"],
    "PORT": ["0", "65536", "http", "8_080"],
    "METRICS_PORT": ["-1", "70000"],
    "PUBLIC_URL": [
        "foo",
        "ftp://a",
        "https://",
        "https://a:b",
        "https://u:p@a",
        "https://a?b",
        "https://a#b",
        "https:// a",
    ],
    "CALLBACK_URL": ["foo", "api.example.com", "https://a?b=c"],
    "REDIS_URL": [
        "foo",
        "http://a",
        "redis://a:x",
        "redis://a/x",
        "redis+sentinel://a",
        "redis://a?ca=b",
        "rediss://a?x=y",
    ],
    "DATABASE_URL": ["OFF", "none", "sqlite", "sqlite://records.db", "mysql://a/b", "postgresql://"],
    "HOT_DAYS": ["1", "-1", "2.5"],
    "DURABILITY": ["foo", "FSYNC"],
    "SIMULATE": ["true", "AUTO"],
    "ASSET_URL": ["ftp://a", "http://a", "s3://"],
    "ASSET_RETENTION_DAYS": ["0", "-1", "1.5"],
    "RECORD_RETENTION_DAYS": ["0", "99999999"],
    "PROMPT_RETENTION_DAYS": ["0", "a"],
    "TRUSTED_PROXIES": ["10.0.0.0/40", "proxy", "0.0.0.0/0", "10.0.0.0/8,::/0"],
    "WEBHOOK_ALLOW_NETWORKS": ["10.0.0.0/40", "localhost", "169.254.169.254", "127.0.0.1, fe80::/64", "fd00:ec2::254"],
    "IMAGES_ALLOW_NETWORKS": ["10.0.0.1:80", "169.254.0.0/16", "100.100.100.200"],
    "ADAPTERS": ["my-adapters", "a/b", "a..b"],
    "WORKER_SLOTS": ["-5", "0", "many"],
    "LEASE_S": ["0", "nan", "-1", "inf"],
    "DRAIN_S": ["soon", "-1"],
    "STORE_TIMEOUT_S": ["0", "3600"],
    "WOKGEN_WAIT_S": ["-1", "nan"],
    "LEDGER_CHECK_S": ["-1"],
    "WEBHOOK_ALLOW_PRIVATE": ["yes", "maybe"],
    "LOG_LEVEL": ["loud", "INFO"],
    "LOG_INFO_PER_S": ["-1"],
    "LOG_FORMAT": ["xml"],
}
USABLE = {
    "HOST": ["::1", "::", "0.0.0.0", "localhost", "gateway-1.internal", "fe80::1%eth0"],
    "PUBLIC_URL": ["https://api.example.com", "http://[::1]:8080/", "http://127.0.0.1:1"],
    "CALLBACK_URL": ["https://api.example.com/wokflow"],
    "REDIS_URL": [
        "rediss://:p%40ss@a:1/2?ca=/etc/ca.pem",
        "rediss+sentinel://a,b/main?sentinel_password=x",
        "unix:///a%23b",
    ],
    "DATABASE_URL": [
        "off",
        "sqlite:////srv/records.db",
        "postgresql://a:b@c/d",
        "postgresql:///d?host=/run/postgresql",
    ],
    "ASSET_URL": ["/srv/outputs", "s3://bucket/prefix", "gs://bucket", "memory://"],
    "TRUSTED_PROXIES": ["10.1.0.0/16, ::1", "192.0.2.7"],
    "WEBHOOK_ALLOW_NETWORKS": ["127.0.0.0/8,::1", "10.1.2.3", " fc00::/7 , 192.168.0.0/16"],
    "LEASE_S": ["0.5", "1e1"],
}


def refusal(environment: dict[str, str]) -> str:
    """Return the refusal of an environment."""
    with pytest.raises(SettingsError) as refused:
        load(environment)
    return str(refused.value)


@pytest.mark.parametrize(
    ("environment", "simulates"),
    [
        ({}, True),
        ({"REDIS_URL": "redis://store"}, False),
        ({"REDIS_URL": "redis://store", "SIMULATE": "on"}, True),
        ({"SIMULATE": "off"}, False),
    ],
)
def test_simulation_is_on_for_the_embedded_store_only(environment: dict[str, str], simulates: bool) -> None:
    """Without SIMULATE the embedded store simulates, and a store of its own does not."""
    assert simulates is load(environment).simulates


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_settings_refuse_an_invalid_value_in_one_line(name: str, value: str) -> None:
    """The line names the variable, what it must be, and what to do."""
    line = refusal({name: value})
    assert line.startswith(f"{name}=")
    assert " is not valid: it must " in line
    assert " Correct " in line
    assert "\n" not in line


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in USABLE.items() for value in values])
def test_settings_take_a_usable_value(name: str, value: str) -> None:
    """Each documented form is accepted."""
    assert load({name: value}) != Settings()


def test_settings_name_every_invalid_variable_at_once() -> None:
    """An operator corrects all of them before the next start, in the order of the documentation."""
    lines = refusal({name: values[0] for name, values in WRONG.items()}).splitlines()
    assert {line.partition("=")[0] for line in lines} == set(WRONG)


def test_settings_show_a_value_without_its_secrets() -> None:
    """A refused value is shown in one printable line, but no password or key."""
    assert "redis://(hidden)@db:x/0" in refusal({"REDIS_URL": "redis://ada:pa/ss@w@db:x/0"})
    assert "pa/ss" not in refusal({"REDIS_URL": "redis://ada:pa/ss@db:1/0"})
    assert "sesame" not in refusal({"ASSET_URL": "ftp://a?key=sesame"})
    assert "(hidden)" == hide_secrets("OPENAI_API_KEY", "sesame")
    assert 60 == len(hide_secrets("HOST", "\x1b[2J" + "a" * 100))


def test_public_url_with_a_path_is_refused_with_a_sentence() -> None:
    """Pages and callbacks are at the root of a host, so links under a prefix would answer 404."""
    assert "give Wokflow a host name of its own" in refusal({"PUBLIC_URL": "https://host.example/wok"})


@pytest.mark.parametrize("value", ["sesame\n", "se same", "s\u00e9same"])
def test_key_that_no_header_can_carry_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that was copied with a line break is named without its value."""
    monkeypatch.setenv("FAL_KEY", value)
    with pytest.raises(SettingsError, match=r"^FAL_KEY=\(hidden\) is not valid: it must have no spaces"):
        settings.secret("FAL_KEY")


@pytest.mark.parametrize("folder", ["a#b", "a?b", "a%41b", "a b", "ä"])
def test_socket_of_an_odd_folder_has_a_url(folder: str) -> None:
    """The URL of the embedded store leads to its socket, whatever characters DATA_DIR has."""
    path = f"/srv/{folder}/store.sock"
    assert path == parse_store_url(socket_url(path)).path
    assert load({"DATA_DIR": f"/srv/{folder}"}).store_url == socket_url(path)


def test_deep_data_dir_is_refused_unless_the_store_is_elsewhere() -> None:
    """The kernel limits the path of a unix socket."""
    deep = "/srv/" + "a" * 100
    assert "DATA_DIR is too long for a unix socket" in refusal({"DATA_DIR": deep})
    assert deep == load({"DATA_DIR": deep, "REDIS_URL": "redis://db"}).data_dir


def test_deprecated_allow_private_means_loopback_and_private_networks() -> None:
    """ALLOW_PRIVATE adds loopback and private networks, and neither link-local nor metadata addresses."""
    settings = load({"WEBHOOK_ALLOW_PRIVATE": "true", "WEBHOOK_ALLOW_NETWORKS": "100.64.0.0/10"})
    allowed = ("127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "fc00::1", "100.64.0.1")
    refused = ("169.254.169.254", "169.254.0.1", "fe80::1", "fd00:ec2::254", "100.100.100.200", "0.0.0.0", "224.0.0.1")
    assert [None] * len(allowed) == [refusal_reason(address, settings.webhook_networks) for address in allowed]
    assert None not in [refusal_reason(address, settings.webhook_networks) for address in refused]
    assert () == settings.images_networks


def test_waits_end_before_the_limit_of_common_proxies() -> None:
    """Without a setting, no held answer outlasts the minute after which nginx and others end a request."""
    settings = load({})
    assert 50 <= min(settings.wokgen_wait_s, settings.prefer_wait_s)
    assert 60 > max(settings.wokgen_wait_s, settings.prefer_wait_s)
