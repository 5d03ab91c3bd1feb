"""Canaries: verbs broken on purpose in one place each, which scenarios and random histories must detect."""

from collections.abc import Callable
from hashlib import sha1

from msgspec import Struct, structs

from shared.store.scripts import Script

Loader = Callable[[str], Script]


class Canary(Struct, frozen=True):
    """A mutation: text to replace in the verb of that name, or in every verb if the name is empty."""

    name: str
    verb: str
    old: str
    new: str = ""

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    def applies_to(self, lua: Script) -> bool:
        """Return whether the canary changes this verb."""
        return self.verb in ("", lua.name) and self.old.encode() in lua.source

    def apply(self, load: Loader) -> Loader:
        """Return a loader that adds this one fault to the scripts of `load`."""

        def script(name: str) -> Script:
            lua = load(name)
            if not self.applies_to(lua):
                return lua
            source = lua.source.replace(self.old.encode(), self.new.encode())
            sha = sha1(source, usedforsecurity=False).hexdigest().encode()
            return structs.replace(lua, source=source, sha=sha)

        return script


RESERVE_LINE = "redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f reserve -%.0f %s', now, price, id))"

DELETED_LINE = "note_security(account, 'endpoint.deleted', endpoint, url or '', actor_of(account, by), now)"

SILENCED_EMIT = "local function silence() end silence(account, string.format"

CURRENT_PROVIDER = "redis.call('HGET', 'gw:generation:' .. id, 'provider')"

QUEUE_LENGTH = "redis.call('ZCARD', 'arq:queue:' .. provider)"

CANARIES = (
    Canary("settle a settled generation", "settle", "if was == 'completed' or was == 'failed' then", "if false then"),
    Canary("settle at any cost", "settle", "assert(cost >= 0 and cost <= tonumber(reserved)", "assert(true"),
    Canary("settle after a submit in spite of the guard", "settle", "if guard == 'unsubmitted' and", "if false and"),
    Canary("settle without a refund", "settle", "if refund > 0 then", "if false then"),
    Canary("settle without a ledger entry", "settle", "if tonumber(reserved) > 0 then", "if false then"),
    Canary("accept without a ledger entry", "accept", RESERVE_LINE),
    Canary(
        "free_slot leaves the active set",
        "",
        "redis.call('SREM', 'gw:active:'",
        "redis.call('SISMEMBER', 'gw:active:'",
    ),
    Canary(
        "settle leaves the job", "", "dequeue('arq:queue:' .. provider, id)\n  redis.call('SREM'", "redis.call('SREM'"
    ),
    Canary("settle leaves the open set", "settle", "redis.call('ZREM', 'gw:open', id)"),
    Canary(
        "settle leaves the backlog",
        "settle",
        "redis.call('ZREM', 'gw:backlogs:' .. account .. ':' .. provider, id)",
    ),
    Canary(
        "settle leaves the waiting set",
        "settle",
        "redis.call('ZREM', 'gw:waiting:' .. provider, id)\nelse",
        "else",
    ),
    Canary("settle leaves the uncertain set", "settle", "redis.call('ZREM', 'gw:uncertain', id)"),
    Canary("admit leaves the waiting set", "", "if id then redis.call('ZREM', 'gw:waiting:' .. provider, id) end"),
    Canary("accept skips the waiting set", "", "redis.call('ZADD', 'gw:waiting:' .. provider, now, id)"),
    Canary("settle admits no generation", "settle", "\nadmit_next(account, provider, now)"),
    Canary("settle wakes no gateway", "settle", "redis.call('PUBLISH', 'gw:wake:' .. gateway, id)", ""),
    Canary(
        "settle schedules no late poll",
        "settle",
        "if state == 'failed' and ref and late_ms ~= '' then",
        "if false then",
    ),
    Canary("settle sets no expiry", "settle", "redis.call('PEXPIRE', generation, keep_ms)"),
    Canary(
        "settle without an event",
        "settle",
        "emit(account, event, type, now, 'generation', id)",
    ),
    Canary(
        "settle with two events",
        "settle",
        "emit(account, event, type,",
        "emit(account, 'again_' .. id, type, now, 'generation', id)\nemit(account, event, type,",
    ),
    Canary("event to an unsubscribed endpoint", "settle", "(types == '*' or string.find(", "(true or string.find("),
    Canary("event to a disabled endpoint", "settle", "return types and not disabled and", "return types and"),
    Canary("accept places a late order", "accept", "if now > (tonumber(until_ms) or now) then", "if false then"),
    Canary("accept without the balance check", "accept", "if balance < price then", "if false then"),
    Canary("accept charges a known id twice", "accept", "if created then", "if false then"),
    Canary(
        "accept does not store the Idempotency-Key",
        "accept",
        "redis.call('SET', replay_name(account, replay_key)",
        "tostring(",
    ),
    Canary(
        "accept charges before the replay",
        "accept",
        "if replay then return replay end\n",
        "if replay then reserve_payment('balance', account, tonumber(ARGV[FIRST + 1]), id, now) return replay end\n",
    ),
    Canary(
        "accept replays another body", "accept", "if string.sub(seen, 1, #body_hash) ~= body_hash then", "if false then"
    ),
    Canary("accept skips the open set", "accept", "redis.call('ZADD', 'gw:open', now + LOOK_AFTER_MS, id)"),
    Canary(
        "accept sets an expiry",
        "accept",
        "note_replay(account, replay_key, body_hash, id)\n",
        "redis.call('PEXPIRE', 'gw:generation:' .. id, 9999999)\nnote_replay(account, replay_key, body_hash, id)\n",
    ),
    Canary("accept skips the round-robin", "accept", ", 'gw:turns:' .. provider) > 0", ") > 0"),
    Canary(
        "accept ignores the backlog limit",
        "accept",
        "waits and waiting >= tonumber(backlog_max)",
        "false",
    ),
    Canary("accept with an open breaker", "accept", "return 'down', down_until - now", "return 'free'"),
    Canary(
        "route to a paused provider first",
        "",
        "if word == 'free' then return at, 0, slots end",
        "if word ~= 'down' then return at, 0, slots end",
    ),
    Canary("never route to a paused provider", "", "later, slots_later = at, slots end", "end"),
    Canary("accept returns the wrong route", "accept", "(at - FIRST) / 5 + 1, res", "1, res"),
    Canary("accept forgets the route of a known id", "accept", "if ARGV[at + 3] == spec then", "if false then"),
    Canary("accept ignores the bounds", "accept", "or bound_passed(scopes, amounts, now)"),
    Canary("accept counts no attempt", "accept", "return {1, free,", "return {1, 0,"),
    Canary("accept counts no refused request", "accept", "{1, 0, amounts[3]", "{0, 0, amounts[3]"),
    Canary("accept counts a refusal for everybody", "accept", "if scope.name == 'account' and refusal", "if refusal"),
    Canary("accept counts what a bound refused", "accept", " and refusal[1] ~= 'bound' then", " then"),
    Canary("accept counts our cost of paid orders", "accept", "cost * free}", "cost}"),
    Canary("accept counts the last scope only", "", "scopes[#scopes + 1] =", "scopes[1] ="),
    Canary("accept keeps the counts of a day", "accept", "cost), 'PX', USAGE_KEPT_MS)", "cost))"),
    Canary("accept ignores the plan's bounds", "", "if limit ~= '-' then", "if false then"),
    Canary("accept holds no generation", "", "now + HOLD_MS or 0", "now or 0"),
    Canary("release makes no job due", "release", "if held and state == 'queued' then", "if false then"),
    Canary("settle forgets the uploads", "settle", "redis.call('SADD', 'gw:uploads', path)", "tostring(path)"),
    Canary("accept does not count the daily quota", "accept", "redis.call('INCR', quota_key(account, day))"),
    Canary("settle keeps the quota after a failure", "settle", "if failed and day and", "if false and"),
    Canary("settle returns the quota after a success", "settle", "if failed and day and", "if day and"),
    Canary("round-robin ignores the plan's concurrency", "", "< concurrency_of(account) then", "< 1000 then"),
    Canary("free_slot leaves the busy set", "", "redis.call('SREM', 'gw:busy:'", "redis.call('SISMEMBER', 'gw:busy:'"),
    Canary("late poll takes a slot", "", "redis.call('SCARD', 'gw:busy:' .. provider)", QUEUE_LENGTH),
    Canary("admit ignores the provider's concurrency", "", "return not limit or", "return true or"),
    Canary(
        "admit loses the rest of the backlog",
        "",
        "    local id = redis.call('ZPOPMIN', 'gw:backlogs:' .. account .. ':' .. provider)[1]",
        "    local id = redis.call('ZPOPMIN', 'gw:backlogs:' .. account .. ':' .. provider)[1]\n"
        "    redis.call('DEL', 'gw:backlogs:' .. account .. ':' .. provider)",
    ),
    Canary(
        "admit takes the newest", "", "redis.call('ZPOPMIN', 'gw:backlogs:'", "redis.call('ZPOPMAX', 'gw:backlogs:'"
    ),
    Canary("admit leaves the round-robin", "", "    join_round_robin(account, provider)\n  end", "  end"),
    Canary("admit serves one account only", "", "'NX', now_us, account)", "'NX', string.byte(account), account)"),
    Canary(
        "admit forgets the state",
        "",
        "redis.call('HSET', 'gw:generation:' .. id, 'state', 'queued', 'queued_ms', now)\n      take_slot",
        "take_slot",
    ),
    Canary(
        "enqueue without a bell",
        "",
        "  redis.call('ZADD', queue, math.max(now, due_ms or 0), id)\n  ring(queue)",
        "  redis.call('ZADD', queue, math.max(now, due_ms or 0), id)",
    ),
    Canary(
        "start permits a second submit",
        "start",
        "if state == 'submitting' and repeatable == '' then",
        "if false then",
    ),
    Canary(
        "start submits an uncertain generation", "start", "if state == 'uncertain' then return", "if false then return"
    ),
    Canary("start forgets the reference", "start", "if ref then\n", "if false then\n"),
    Canary(
        "start runs a settled generation", "start", "if state == 'completed' or state == 'failed' then", "if false then"
    ),
    Canary(
        "start sends every submit after an outage",
        "start",
        "if downs and probe_until and tonumber(probe_until) > now then",
        "if false then",
    ),
    Canary("start ignores a pause", "start", "if paused and tonumber(paused) > now then", "if false then"),
    Canary(
        "start repeats the permission of a token",
        "start",
        "if state == 'submitting' and intent == token then",
        "if false then",
    ),
    Canary(
        "start by another provider's worker", "start", "if provider ~= at or state == 'backlog' then", "if false then"
    ),
    Canary(
        "store_reference by another provider's worker",
        "store_reference",
        "if provider ~= at or state == 'backlog' then",
        "if false then",
    ),
    Canary("store_reference makes no poll due", "store_reference", "\n  make_due('arq:queue:' .. provider, id, now)"),
    Canary("start skips the uncertain set", "start", "redis.call('ZADD', 'gw:uncertain', 'NX', now, id)"),
    Canary("store_reference leaves the uncertain set", "store_reference", "redis.call('ZREM', 'gw:uncertain', id)"),
    Canary(
        "store_reference with a fence",
        "store_reference",
        "redis.call('HSET', generation, 'ref', ref)",
        "if state ~= 'submitting' then return {'closed', state} end\nredis.call('HSET', generation, 'ref', ref)",
    ),
    Canary(
        "store_reference reopens a settled generation",
        "store_reference",
        "if state == 'completed' or state == 'failed' then",
        "if false then",
    ),
    Canary(
        "withdraw without a token",
        "withdraw",
        "if state ~= 'submitting' or intent ~= token then",
        "if state ~= 'submitting' then",
    ),
    Canary(
        "withdraw an accepted submit", "withdraw", "if state ~= 'submitting' or intent ~= token then", "if false then"
    ),
    Canary(
        "reroute without a token",
        "reroute",
        "if cancel or (state ~= 'queued' and (state ~= 'submitting' or intent ~= token))",
        "if cancel",
    ),
    Canary("reroute a canceled generation", "reroute", "if cancel or (", "if ("),
    Canary("start submits a canceled generation", "start", "if cancel then return", "if false then return"),
    Canary(
        "withdraw pauses the current provider",
        "withdraw",
        "pause_submits(from, ",
        f"pause_submits({CURRENT_PROVIDER}, ",
    ),
    Canary("one route's outage closes its provider", "open_breaker", "if scope == 'provider' then", "if true then"),
    Canary("a model that is gone is evidence against others", "open_breaker", "and not gone then", "then"),
    Canary("a model that is gone stays open", "open_breaker", "if scope == 'gone' then", "if false then"),
    Canary("two routes' outages do not add up", "open_breaker", "if is_new and", "if false and"),
    Canary("an old outage counts as new", "open_breaker", "opened and failures == 1", "opened"),
    Canary(
        "a proven outage opens no breaker",
        "open_breaker",
        "until_ms, failures = open(wide)",
        "until_ms, failures = 1, 1",
    ),
    Canary(
        "a probe without proof blocks others",
        "open_breaker",
        "redis.call('HDEL', wide, 'probe_until_ms')",
        "tostring(wide)",
    ),
    Canary("a success leaves the breakers open", "close_breaker", "redis.call('HDEL', breaker, 'downs',", "tostring("),
    Canary("a fault of ours keeps the probe", "withdraw", "if refusal == 'ours' then", "if false then"),
    Canary("a route's pause stops its provider", "", "if both <= now then return end", "both = until_ms"),
    Canary(
        "start ignores a route's breaker", "start", "return {'gw:provider:' .. provider, route_key", "return {route_key"
    ),
    Canary("abandon what a provider has", "abandon", "if state ~= 'submitting' or", "if"),
    Canary("abandon at another provider", "abandon", " or provider ~= at then", " then"),
    Canary("abandon skips the uncertain set", "abandon", "redis.call('ZADD', 'gw:uncertain', 'NX', now, id)"),
    Canary("create_account is not idempotent", "create_account", "if created then", "if false then"),
    Canary("reroute leaves the slot", "reroute", "free_slot(account, from, id)"),
    Canary(
        "reroute skips the backlog",
        "reroute",
        "redis.call('ZADD', backlog, string.format('%.0f', math.max(now_us, last + 1)), id)",
    ),
    Canary("reroute admits no generation", "reroute", "  admit(name, now)"),
    Canary("reroute from a busy to a paused provider", "reroute", "refusal == 'down' or refusal == 'skipped'", "true"),
    Canary("reroute pauses no provider", "reroute", "pause_submits(from, target or '', tonumber(pause_ms), now)"),
    Canary("reroute records no attempt", "reroute", "note_attempt(generation, asked_ms or now, from, refusal)"),
    Canary("withdraw records no attempt", "withdraw", "note_attempt(generation, asked_ms, from, refusal)"),
    Canary("callback by another provider", "store_callback", "or provider ~= from then", "then"),
    Canary(
        "callback makes no poll due", "store_callback", "if state ~= 'backlog' then make_due", "if false then make_due"
    ),
    Canary("callback is not stored", "store_callback", "if doubt and fits then redis", "if false then redis"),
    Canary("cancel makes no poll due", "cancel", "if state == 'pending' then make_due", "if false then make_due"),
    Canary(
        "top_up is not idempotent", "top_up", "if redis.call('HEXISTS', seen, reference) == 1 then", "if false then"
    ),
    Canary("correction takes reserved money", "top_up", "topup + amount < tonumber(spent)", "topup + amount < 0"),
    Canary("dispute spares spent money", "top_up", "kind ~= 'dispute' and amount < 0", "amount < 0"),
    Canary("undoing writes one line", "top_up", "  add_money(account, -amount, undoes, low, now, kind)"),
    Canary("dispute is not counted", "top_up", "if kind == 'dispute' then redis", "if false then redis"),
    Canary(
        "accept orders below zero", "accept", "  if balance < 0 then return nil, {'insufficient', balance, price} end"
    ),
    Canary("subscription forgets the plan before", "subscribe_account", "'plan_before', current)", "'x', current)"),
    Canary(
        "subscription takes a late answer",
        "subscribe_account",
        "if tonumber(number) < tonumber(answered or 0)",
        "if false",
    ),
    Canary("subscription admits nothing", "subscribe_account", "admit_account(account, now)\nreturn", "return"),
    Canary("subscription of a closed account", "subscribe_account", "if state == 'closed' then", "if false then"),
    Canary("customer changes", "note_customer", "'HSETNX'", "'HSET'"),
    Canary("revoke_key names nobody", "revoke_key", "by = actor_of(account, by)", "by = 'operator'"),
    Canary("delete_endpoint leaves no event", "delete_endpoint", DELETED_LINE),
    Canary("enable_endpoint repeats its event", "enable_endpoint", "if disabled then", "if true then"),
    Canary("a security event reaches no endpoint", "rotate_secret", "emit(account, string.format", SILENCED_EMIT),
    Canary("create_key is not idempotent", "create_key", "if line then return", "if false then return"),
    Canary("revoke_key leaves the key", "revoke_key", "redis.call('DEL', 'gw:key:'", "redis.call('EXISTS', 'gw:key:'"),
    Canary("revoke_key drops a budget in use", "revoke_key", "left = left .. budgets_of(hash_of(other)) .. ' '"),
    Canary("accept orders of a suspended account", "accept", "(state and {'suspended'}) or refusal", "refusal"),
    Canary("change_account reopens a closed one", "change_account", "if state == 'closed' then", "if false then"),
    Canary(
        "change_account admits nothing",
        "change_account",
        "admit_account(account, now)\nreturn {'changed'}",
        "return {'changed'}",
    ),
    Canary("close_account with open generations", "close_account", "if open > 0 then", "if false then"),
    Canary("close_account keeps the balance", "close_account", "topup - spent ~= 0 then", "topup - spent < 0 then"),
    Canary("close_account keeps a debt", "close_account", "topup - spent ~= 0 then", "topup - spent > 0 then"),
    Canary("close_account keeps the keys", "close_account", "  remove_key(account, lines[at], lines[at + 1], now)"),
    Canary("top_up of a closed account", "top_up", "if state == 'closed' then", "if false then"),
    Canary("grant_included twice", "grant_included", "string.format('%s %.0f', month, whole))", "'2000-01 0')"),
    Canary("grant_included to a suspended account", "grant_included", "if state or whole", "if whole"),
    Canary("redeem_voucher of another account", "redeem_voucher", "or (owner and owner ~= account)", ""),
    Canary("redeem_voucher twice", "redeem_voucher", "if owner then return", "if false then return"),
    Canary("redeem_voucher that expired", "redeem_voucher", "or tonumber(expires) <= now", ""),
    Canary("redeem_voucher that is revoked", "redeem_voucher", "if revoked or", "if"),
    Canary("redeem_voucher of a used batch", "redeem_voucher", "if each == '1' and", "if false and"),
    Canary("redeem_voucher of a closed account", "redeem_voucher", "if state == 'closed' then", "if false then"),
    Canary("revoke_vouchers revokes none", "revoke_vouchers", "redis.call('HSETNX', key, 'revoked_ms', now)"),
    Canary("grant_trial twice", "grant_trial", "REFERENCE) == 1 then", "REFERENCE) == 2 then"),
    Canary("grant_trial without end", "grant_trial", "if given + amount > tonumber(day_max) then", "if false then"),
    Canary("accept passes a cap", "accept", "spent[at] + price > cap", "spent[at] > cap"),
    Canary("accept passes the cap of an account", "accept", "capped and account", "false"),
    Canary("accept counts no budget", "accept", "count_budgets(id, counted, reserved)", "count_budgets(id, {}, 0)"),
    Canary("accept with an expired key", "accept", "tonumber(expires) <= now", "false"),
    Canary("accept of a forbidden model", "accept", "if not allows(models, spec[3])", "if false"),
    Canary("accept from a forbidden address", "accept", "if not allows_address(networks, address)", "if false"),
    Canary("settle keeps what a budget counted", "settle", "if budgets and refund > 0", "if false"),
    Canary("credit keeps what a budget counted", "credit", "if budgets then return_budgets", "if false then tostring"),
    Canary("settle gives back to a new count", "settle", "found[1] == epoch", "found[1]"),
    Canary("rotate_key shares no budget", "rotate_key", "new_hash, limits)", "new_hash, {'scopes', 'generate'})"),
    Canary("change_key goes on counting", "change_key", "fresh == '1'", "false"),
    Canary("set_spend_caps goes on counting", "set_spend_caps", "or redis.call('HEXISTS', record, 'capped') == 0", ""),
    Canary("credit twice", "credit", "if credit then", "if false then"),
    Canary("credit above the cost", "credit", "or amount > cost then", "then"),
    Canary(
        "credit an open generation", "credit", "if state ~= 'completed' and state ~= 'failed' then", "if false then"
    ),
    Canary("credit without a ledger entry", "credit", "redis.call('RPUSH', 'gw:ledger:' .. account,", "tostring("),
    Canary(
        "credit without a change of the balance",
        "credit",
        "redis.call('HINCRBY', 'gw:account:' .. account, 'spent', -amount)",
    ),
    Canary(
        "retry a submitted generation",
        "retry",
        "if state == 'submitting' or state == 'uncertain' then",
        "if false then",
    ),
    Canary("retry a settled generation", "retry", "if state == 'completed' or state == 'failed' then", "if false then"),
    Canary("retry a running job", "retry", "':leases', id) then", "':leases', id) or true then"),
    Canary("retry does not reset the refusals", "retry", "redis.call('HDEL', generation, 'refusals')"),
    Canary("retry does not admit the backlog", "retry", "  admit(provider, now)\n  return", "  return"),
    Canary(
        "resolve a generation that is not uncertain",
        "settle",
        "if guard == 'uncertain' and was ~= 'uncertain' then",
        "if false then",
    ),
    Canary(
        "refund of an uncertain generation is not listed",
        "settle",
        "redis.call('ZADD', 'gw:doubts', now, id)",
        "tostring(id)",
    ),
    Canary(
        "resolved generation is listed as a refund",
        "settle",
        "if state == 'failed' and guard == '' then",
        "if state == 'failed' then",
    ),
    Canary("start submits to a paused provider", "start", "if held == 'pause' then", "if false then"),
    Canary("accept for a drained provider", "accept", "if held == 'drain' then", "if false then"),
    Canary("reroute to a drained provider", "reroute", "if held == 'drain' then", "if false then"),
    Canary("accept prefers a paused provider", "accept", "if held == 'pause' or", "if"),
    Canary(
        "set_mode does not resume", "set_mode", "redis.call('HDEL', key, 'held')", "redis.call('HGET', key, 'held')"
    ),
    Canary("attempt skips the failing set", "record_attempt", "redis.call('ZADD', 'gw:failing', since, endpoint)"),
    Canary("attempt leaves the failing set", "record_attempt", "redis.call('ZREM', 'gw:failing', endpoint)", "return"),
    Canary("enable_endpoint leaves the failing set", "enable_endpoint", "redis.call('ZREM', 'gw:failing', endpoint)"),
    Canary("delete_endpoint leaves the failing set", "delete_endpoint", "redis.call('ZREM', 'gw:failing', endpoint)"),
    Canary(
        "attempt skips the dead letters", "record_attempt", "redis.call('ZADD', 'gw:dead', now, id)", "tostring(id)"
    ),
    Canary("redeliver leaves the dead letters", "", "redis.call('ZREM', 'gw:dead', delivery)"),
    Canary("claim takes running jobs", "claim", "'PX', lease_ms, 'NX') then take", "'PX', lease_ms) then take"),
    Canary(
        "claim takes more than there are slots", "claim", "if score > now or i > 2 * room then", "if score > now then"
    ),
    Canary("claim does not park", "claim", "redis.call('ZADD', queue, unpack(parked))"),
    Canary(
        "claim takes live leases",
        "claim",
        "lapses <= now then\n  for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now,",
        "lapses then\n  for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', '+inf',",
    ),
    Canary(
        "claim loses jobs with expired leases",
        "claim",
        "if redis.call('ZSCORE', queue, id) then\n"
        "      redis.call('SET', 'arq:in-progress:' .. id, token, 'PX', lease_ms)\n"
        "      take(id, now, 1)\n    else",
        "do",
    ),
    Canary(
        "finish without a fence",
        "finish",
        "local held = redis.call('GET', 'arq:in-progress:' .. id) == token",
        "local held = true",
    ),
    Canary("finish without a bell", "finish", "if soon then ring(queue) end"),
    Canary("finish forgets the lease", "finish", "redis.call('ZREM', leases, unpack(ended))"),
    Canary("renew without a fence", "renew", "if holder == token then", "if true then"),
    Canary("sweep enqueues no lost job", "sweep", "if not is_queued(", "if false and is_queued("),
    Canary("sweep ignores a lost payload", "sweep", "and redis.call('EXISTS', 'arq:job:' .. id) == 1"),
    Canary("sweep ignores the deadline", "sweep", "elseif now >= tonumber(deadline) then", "elseif false then"),
    Canary(
        "sweep looks once",
        "sweep",
        "redis.call('ZADD', 'gw:open', now + AGAIN_MS, id)",
        "redis.call('ZREM', 'gw:open', id)",
    ),
    Canary(
        "sweep_deliveries ignores lost jobs", "sweep_deliveries", "if not redis.call('ZSCORE', queue, job) or", "if"
    ),
    Canary("attempt after the end", "record_attempt", "if was ~= 'pending' then", "if false then"),
    Canary("attempt counts twice", "record_attempt", "if tonumber(attempt) <= tonumber(attempts) and", "if false and"),
    Canary("attempt ignores a late success", "record_attempt", "and not final then", "then"),
    Canary("attempt restores a deleted endpoint", "record_attempt", "if not url or disabled then", "if disabled then"),
    Canary("attempt disables an endpoint twice", "record_attempt", "if not url or disabled then", "if not url then"),
    Canary("attempt never disables an endpoint", "record_attempt", "if not gone and now", "if not gone or now"),
    Canary(
        "attempt disables an endpoint at once",
        "record_attempt",
        "if not gone and now - since < FAILING_MAX_MS then",
        "if false then",
    ),
    Canary(
        "attempt resets the time of the first failure",
        "record_attempt",
        "'failing_ms', since, 'failed_ms', now",
        "'failing_ms', now",
    ),
    Canary(
        "attempt counts the silence",
        "record_attempt",
        "last and now - last < SILENT_MAX_MS and tonumber(since) or",
        "since or",
    ),
    Canary(
        "attempt ignores a success",
        "record_attempt",
        "if health == 'well' then note_success(endpoint)\nelseif",
        "if",
    ),
    Canary(
        "attempt sends no disabled event", "record_attempt", "emit(account, event, 'endpoint.disabled',", "tostring("
    ),
    Canary(
        "redeliver for another account", "redeliver", "'gw:endpoints:' .. account, endpoint) == 0", "'', endpoint) == 1"
    ),
    Canary("redeliver to another endpoint", "redeliver", "if owner ~= endpoint then", "if not owner then"),
    Canary("redeliver to a disabled endpoint", "redeliver", "'disabled_ms') == 1 then", "'disabled_ms') == 2 then"),
    Canary(
        "redeliver restarts a pending delivery",
        "redeliver",
        "if state == 'pending' then\n  make_due",
        "if false then\n  make_due",
    ),
    Canary("redeliver keeps the expiry", "", "redis.call('PERSIST', key)"),
    Canary(
        "redeliver keeps the attempts",
        "",
        "'state', 'pending', 'attempts', 0, 'again_ms'",
        "'state', 'pending', 'again_ms'",
    ),
    Canary("replay to a disabled endpoint", "replay", "'disabled_ms') == 1 then", "'disabled_ms') == 2 then"),
    Canary("replay a delivered event", "replay", "and was == 'dead' then", "and was then"),
    Canary("replay an existing delivery", "replay", "and not was then", "then"),
    Canary("replay an unsubscribed event", "replay", "or not wants(endpoint, 'generation.' .. state) then", "then"),
    Canary(
        "enable_endpoint leaves the failure times",
        "enable_endpoint",
        "'disabled_why', 'failing_ms', 'failed_ms'",
        "'disabled_why'",
    ),
    Canary("rotate_secret drops the old secret", "rotate_secret", "'old_secret', was,"),
    Canary("rotate_secret is not idempotent", "rotate_secret", "if was == secret then", "if false then"),
    Canary("low balance notifies each time", "accept", "told or "),
    Canary("low balance notifies late", "accept", "or balance >= threshold then", "or balance > 0 then"),
    Canary("low balance notifies without a crossing", "accept", "or before < threshold or", "or"),
    Canary("top_up does not rearm the alert", "top_up", "redis.call('HDEL', record, 'low_told')"),
    Canary(
        "top_up always rearms the alert",
        "top_up",
        "if balance >= tonumber(low or 0) then",
        "if true then",
    ),
    Canary(
        "set_low does not rearm the alert",
        "set_low_balance_alert",
        "redis.call('HDEL', 'gw:account:' .. account, 'low_told')",
    ),
    Canary(
        "an endpoint has slots without end",
        "start_post",
        "if not has_room('gw:posts:' .. endpoint, lane.posts, now) then return 'endpoint' end",
    ),
    Canary("a new endpoint has four slots", "start_post", "or PER_ENDPOINT) or 1", "or PER_ENDPOINT) or 4"),
    Canary("no endpoint is fast", "start_post", "<= FAST_TO_MS and", "< 0 and"),
    Canary("each endpoint is fast", "start_post", "<= FAST_TO_MS and", ">= 0 and"),
    Canary(
        "an account has slots without end",
        "start_post",
        "if not has_room('gw:posts:' .. account, PER_ACCOUNT, now) then return 'account' end",
    ),
    Canary("slow endpoints have slots without end", "start_post", "if lane.slow and not", "if false and not"),
    Canary("a breaker holds nothing", "start_post", "if lane.posts == 0 then return 'breaker' end"),
    Canary("a breaker never opens", "record_attempt", "if count < SILENT_MAX then", "if true then"),
    Canary("a slot never lapses", "start_post", "redis.call('ZREMRANGEBYSCORE', set, '-inf', now)", "0"),
    Canary("an attempt leaves its slot", "record_attempt", "redis.call('ZREM', 'gw:posts:' .. owner, id)"),
    Canary(
        "an attempt forgets its account's other endpoints",
        "record_attempt",
        "'gw:held-endpoints:' .. account, 'gw",
        "'gw",
    ),
    Canary("a held delivery keeps its lease", "start_post", "redis.call('ZREM', WEBHOOKS .. ':leases', job)"),
    Canary(
        "a breaker's end wakes no delivery",
        "start_post",
        "redis.call('ZADD', WEBHOOKS, 'XX', lane.open_until, 'deliver:' .. first)",
        "local _ = first",
    ),
    Canary("an attempt wakes no delivery of its endpoint", "record_attempt", "fill(endpoint, account, slow_max, now)"),
    Canary(
        "an attempt wakes no other endpoint of its account", "record_attempt", "fill(other, account, slow_max, now)"
    ),
    Canary(
        "an attempt wakes no slow endpoint", "record_attempt", "fill(other, redis.call('HGET'", "type(redis.call('HGET'"
    ),
    Canary("accept counts no request", "accept", "return {1, free,", "return {0, free,"),
    Canary("attempt leaves the job", "record_attempt", "dequeue('arq:queue:webhooks', 'deliver:' .. id)"),
    Canary(
        "late reference is not polled",
        "store_reference",
        "if state == 'failed' and not known then",
        "if false then",
    ),
    Canary(
        "late reference is polled repeatedly",
        "store_reference",
        "'failed' and not known then",
        "'failed' then",
    ),
    Canary(
        "late callback is not polled",
        "store_callback",
        "if doubt then\n  redis.call('ZADD'",
        "if false then\n  redis.call('ZADD'",
    ),
    Canary(
        "store_late_result reopens the generation",
        "store_late_result",
        "'late', outcome,",
        "'late', outcome, 'state', 'completed',",
    ),
    Canary(
        "store_late_result for a completed generation",
        "store_late_result",
        "if redis.call('HGET', generation, 'state') ~= 'failed' then",
        "if false then",
    ),
    Canary("watch adds a gateway twice", "watch", "elseif not string.find(", "elseif true or string.find("),
    Canary(
        "watch confuses gateways with a common prefix",
        "watch",
        "string.find(' ' .. waiters .. ' ', ' ' .. gateway .. ' ', 1, true)",
        "string.find(waiters, gateway, 1, true)",
    ),
)
