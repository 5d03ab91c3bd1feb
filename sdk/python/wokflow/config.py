"""The options of a client, validated."""

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

KEY_VARIABLE = "WOWFLOW_KEY"
URL_VARIABLE = "WOKFLOW_URL"
RETRIES_DEFAULT = 2
RETRIES_MAX = 10
TIMEOUT_S_DEFAULT = 30.0


@dataclass(frozen=True)
class Config:
    """The options of a client. The key is not in its repr."""

    base_url: str  # without a slash at the end
    authorization: str
    timeout_s: float
    retries: int

    def __repr__(self) -> str:
        return f"Config(base_url={self.base_url!r})"


def configure(api_key: str | None, base_url: str | None, timeout_s: float, retries: int) -> Config:
    """Return validated options. A missing key or URL is read from the environment. Raises ValueError."""
    if not timeout_s > 0:
        raise ValueError(f"timeout_s must be greater than 0, not {timeout_s}.")
    if not 0 <= retries <= RETRIES_MAX:
        raise ValueError(f"retries must be from 0 to {RETRIES_MAX}, not {retries}.")
    url = parse_base_url(base_url or os.environ.get(URL_VARIABLE, ""))
    return Config(url, f"Bearer {check_key(api_key or os.environ.get(KEY_VARIABLE, ''))}", timeout_s, retries)


def parse_base_url(given: str) -> str:
    """Return the URL of a gateway, given it with or without the path of its API. Raises ValueError."""
    if not given:
        raise ValueError(f"base_url is required: the URL of your gateway. It can be in {URL_VARIABLE}, too.")
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"base_url must start with http:// or https://, not {given!r}.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("base_url must not have a user name, query or fragment.")
    return f"{parts.scheme}://{parts.netloc}{re.sub(r'(/api(/v1)?)?/*$', '', parts.path)}"


def check_key(key: str) -> str:
    """Return an API key. Raises ValueError that does not quote it."""
    if not re.fullmatch(r"[!-~]+", key.strip()):
        raise ValueError(f"api_key is empty or has invalid characters. It can be in {KEY_VARIABLE}, too.")
    return key.strip()
