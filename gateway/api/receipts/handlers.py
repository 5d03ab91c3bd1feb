"""Receipts of generations, and the public keys that verify them."""

from aiohttp import web

from gateway import auth
from gateway.context import CONTEXT
from gateway.history.receipts import find_signed_day, issue_receipt
from gateway.responses import json_response
from shared.domain.errors import Refused
from shared.domain.receipt import PublicKeys
from shared.store.receipt_keys import list_public_keys

KEYS_SECONDS, DAY_SECONDS = 300, 60  # that others may keep an answer
DAY_CHARS_MAX = 6


async def read_receipt(request: web.Request) -> web.Response:
    """Answer the receipt of a generation."""
    account = await auth.authenticate(request)
    return json_response(await issue_receipt(request.app[CONTEXT], account, request.match_info["id"]))


async def list_receipt_keys(request: web.Request) -> web.Response:
    """Answer the public keys."""
    keys = PublicKeys(keys=tuple(await list_public_keys(request.app[CONTEXT].store)))
    return json_response(keys, headers={"Cache-Control": f"public, max-age={KEYS_SECONDS}"})


async def read_signed_day(request: web.Request) -> web.Response:
    """Answer a signed day."""
    given = request.match_info["day"]
    if not given.isascii() or not given.isdigit() or len(given) > DAY_CHARS_MAX:
        raise Refused("invalid_request", "must be a number of days since 1970-01-01.", field="day")
    found = await find_signed_day(request.app[CONTEXT], int(given))
    if found is None:
        raise Refused("not_found", "This day is not signed: it is not over yet, or nothing ended on it.")
    return json_response(found, headers={"Cache-Control": f"public, max-age={DAY_SECONDS}"})
