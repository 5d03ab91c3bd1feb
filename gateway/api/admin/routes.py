"""Where the calls of the admin API are."""

from aiohttp import web

from gateway.api.admin import calls

ADMIN = "/api/admin"
ACCOUNT, GENERATION, QUEUE = "/accounts/{account}", "/generations/{id}", "/queues/{provider}"

ROUTES = (
    web.get(f"{ADMIN}/overview", calls.top),
    web.post(f"{ADMIN}/accounts", calls.create_account),
    web.get(f"{ADMIN}/accounts", calls.list_accounts),
    web.get(f"{ADMIN}{ACCOUNT}", calls.show_account),
    web.post(f"{ADMIN}{ACCOUNT}/top-up", calls.top_up_account),
    web.post(f"{ADMIN}{ACCOUNT}/warn-below", calls.warn_account),
    web.get(f"{ADMIN}{ACCOUNT}/ledger", calls.show_ledger),
    web.post(f"{ADMIN}{ACCOUNT}/keys", calls.create_key),
    web.get(f"{ADMIN}{ACCOUNT}/keys", calls.list_keys),
    web.delete(f"{ADMIN}{ACCOUNT}/keys/{{key}}", calls.revoke_key),
    web.post(f"{ADMIN}/ledger/check", calls.check_ledger),
    web.get(f"{ADMIN}/queues", calls.list_queues),
    web.post(f"{ADMIN}{QUEUE}/pause", calls.set_queue_mode("pause")),
    web.post(f"{ADMIN}{QUEUE}/drain", calls.set_queue_mode("drain")),
    web.post(f"{ADMIN}{QUEUE}/resume", calls.set_queue_mode(None)),
    web.get(f"{ADMIN}/workers", calls.list_workers),
    web.get(f"{ADMIN}{GENERATION}", calls.show_generation),
    web.get(f"{ADMIN}{GENERATION}/explain", calls.explain_generation),
    web.post(f"{ADMIN}{GENERATION}/retry", calls.retry_generation),
    web.post(f"{ADMIN}{GENERATION}/refund", calls.refund_generation),
    web.get(f"{ADMIN}/uncertain", calls.list_uncertain),
    web.post(f"{ADMIN}/uncertain/{{id}}/resolve", calls.resolve_uncertain),
    web.get(f"{ADMIN}/dead-letters", calls.list_dead_letters),
    web.post(f"{ADMIN}/dead-letters/replay", calls.replay_dead_letters),
    web.get(f"{ADMIN}/audit", calls.list_audit),
)
