"""The calls of the admin API on vouchers, and their operations."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from gateway.api.admin.calls import call, list_call
from gateway.body import limit_of, read_json
from gateway.examples import ACCOUNT_CREATED_AT, LIMIT
from gateway.operation import path_parameter
from gateway.responses import json_response, list_response
from operate import vouchers
from operate.operator import Operator
from operate.vouchers import COUNT_MAX, DAYS, DAYS_MAX, MICROS_EACH_MAX
from shared.domain.described import doc

BATCH = "batch_5d1c0e9a7b3f"


class CreateVouchers(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/vouchers."""

    amount_micros: Annotated[int, Meta(ge=1, le=MICROS_EACH_MAX), doc("The amount of each in micro-dollars.")]
    count: Annotated[int, Meta(ge=1, le=COUNT_MAX), doc("How many to make.")] = 1
    name: Annotated[str, Meta(max_length=100), doc("A name for people, such as a campaign.")] = ""
    days: Annotated[int, Meta(ge=1, le=DAYS_MAX), doc("In how many days they expire.")] = DAYS
    once_per_account: Annotated[bool, doc("Whether an account may redeem only one of them.")] = True


async def create_vouchers(request: web.Request, operator: Operator) -> web.Response:
    """Create vouchers and answer them, once."""
    body, _ = await read_json(request, CreateVouchers)
    made = await vouchers.create_vouchers(
        operator,
        name=body.name,
        micros=body.amount_micros,
        count=body.count,
        days=body.days,
        once=body.once_per_account,
    )
    return json_response(made, 201)


async def list_vouchers(request: web.Request, operator: Operator) -> web.Response:
    """Answer the batches of vouchers."""
    return list_response(await vouchers.list_vouchers(operator, limit_of(request.query)))


async def revoke_vouchers(request: web.Request, operator: Operator) -> web.Response:
    """Revoke a batch."""
    return json_response(await vouchers.revoke_vouchers(operator, request.match_info["batch"]))


VOUCHERS = (
    call(
        "voucher create",
        "post",
        "/vouchers",
        create_vouchers,
        summary="Create vouchers",
        example=vouchers.CreatedVouchers(
            batch=BATCH, amount_micros=5_000_000, expires_at=ACCOUNT_CREATED_AT, vouchers=("wok_gift_...",)
        ),
        text="They are shown only in this response. An account redeems one at `POST /api/v1/vouchers/redeem`.",
        status=201,
        bodies={"ten of five dollars": CreateVouchers(amount_micros=5_000_000, count=10, name="Launch")},
    ),
    list_call(
        "voucher list",
        "/vouchers",
        list_vouchers,
        summary="List the batches of vouchers, newest first",
        entry=vouchers.VoucherBatchEntry(
            batch=BATCH,
            name="Launch",
            amount_micros=5_000_000,
            count=10,
            redeemed=3,
            created_at=ACCOUNT_CREATED_AT,
            expires_at=ACCOUNT_CREATED_AT,
            once_per_account=True,
            revoked=False,
        ),
        parameters=(LIMIT,),
    ),
    call(
        "voucher revoke",
        "delete",
        "/vouchers/{batch}",
        revoke_vouchers,
        summary="Revoke the vouchers of a batch",
        example=vouchers.RevokedVouchers(batch=BATCH, revoked=7),
        parameters=(path_parameter("batch", "The id of the batch.", BATCH),),
        text="Those that were redeemed keep their effect.",
        refusals=("not_found",),
    ),
)
