"""A gateway with a database of people, and browsers that use it."""

import email
import re
from email.policy import default
from http.cookies import SimpleCookie
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher
from msgspec import Struct, field

from gateway.context import GatewayContext
from gateway.people.mail import outbox_folder

PASSWORD = "correct-Horse7"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the time that a hash takes is not tested
ROOT = "/api/v1/account"
TOKEN = re.compile(r"\?token=([\w-]+)")


class Browser(Struct):
    """The cookies of one browser, and the CSRF token of its session."""

    client: TestClient  # type: ignore[type-arg]
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    async def send(self, method: str, path: str, **options: Any) -> tuple[ClientResponse, str]:
        """Send a request with the cookies, and take over those of the response. Follow no redirect."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookie, "X-CSRF-Token": self.csrf, **options.pop("headers", {})}
        sent = {name: value for name, value in headers.items() if value}
        async with self.client.request(method, path, headers=sent, allow_redirects=False, **options) as response:
            text = await response.text()
            for line in response.headers.getall("Set-Cookie", []):
                for name, morsel in SimpleCookie(line).items():
                    self.cookies.pop(name, None)
                    if morsel.value:
                        self.cookies[name] = morsel.value
            return response, text

    async def call(self, method: str, path: str, body: object = None, **options: Any) -> tuple[int, Any]:
        """Return the status and body of a call under /api/v1/account, and remember the CSRF token in it."""
        response, text = await self.send(method, f"{ROOT}{path}", json=body, **options)
        answer = await response.json() if text and response.content_type == "application/json" else None
        if isinstance(answer, dict) and "csrf_token" in answer:
            self.csrf = answer["csrf_token"]
        return response.status, answer

    async def submit(self, path: str, **fields: str) -> tuple[ClientResponse, str]:
        """Open a page with a form, and send it."""
        _, page = await self.send("GET", path)
        found = re.search(r'name="csrf_token" value="(\w+)"', page)
        token = found[1] if found else ""
        return await self.send("POST", path, data={"csrf_token": token, **fields})


class Town(Struct):
    """A gateway whose people sign up."""

    client: TestClient  # type: ignore[type-arg]
    context: GatewayContext

    def browser(self) -> Browser:
        """Return a browser without cookies."""
        return Browser(self.client)

    async def read_letters(self, to: str) -> list[str]:
        """Return the texts of the e-mails to an address, oldest first."""
        await self.context.mailer.drain()
        paths = sorted(outbox_folder(self.context.settings).glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        found = [email.message_from_bytes(path.read_bytes(), policy=default) for path in paths]
        return [str(one.get_content()) for one in found if one["To"] == to.lower()]

    async def read_token(self, to: str) -> str:
        """Return the token of the last link that an address got."""
        return TOKEN.findall((await self.read_letters(to))[-1])[-1]

    async def sign_up(self, address: str, name: str = "Ada") -> Browser:
        """Sign up, use the link, and return the browser of the new person."""
        browser = self.browser()
        assert (202, {"status": "sent"}) == await browser.call("POST", "/sign-up", {"email": address})
        body = {"token": await self.read_token(address), "name": name, "password": PASSWORD}
        status, answer = await browser.call("POST", "/verify", body)
        assert 201 == status, answer
        return browser

    async def sign_in(self, address: str, password: str = PASSWORD) -> tuple[int, Any, Browser]:
        """Sign in with another browser."""
        browser = self.browser()
        return *await browser.call("POST", "/sign-in", {"email": address, "password": password}), browser

    async def join(self, owner: Browser, address: str, role: str) -> Browser:
        """Return the browser of somebody who joins the account of an owner."""
        status, answer = await owner.call("POST", "/invitations", {"email": address, "role": role})
        assert 201 == status, answer
        guest = self.browser()
        body = {"token": await self.read_token(address), "name": "Bob", "password": PASSWORD}
        assert 201 == (await guest.call("POST", "/verify", body))[0]
        return guest
