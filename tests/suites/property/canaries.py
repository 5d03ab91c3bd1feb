"""Verbs that are broken on purpose, each in one place: what the scenarios and the machine are worth shows on them."""

from collections.abc import Callable
from hashlib import sha1

from msgspec import Struct, structs

from shared.store.scripts import Script

Source = Callable[[str], Script]


class Canary(Struct, frozen=True):
    """A text in the verbs of that name ('' for all that have it), and what stands there instead."""

    name: str
    verb: str
    old: str
    new: str = ""

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    def changes(self, lua: Script) -> bool:
        """Whether the verb has what this one is about."""
        return self.verb in ("", lua.name) and self.old.encode() in lua.source

    def breaks(self, sound: Source) -> Source:
        """The verbs as `sound` gives them, with this one fault."""

        def script(name: str) -> Script:
            lua = sound(name)
            if not self.changes(lua):
                return lua
            source = lua.source.replace(self.old.encode(), self.new.encode())
            sha = sha1(source, usedforsecurity=False).hexdigest().encode()
            return structs.replace(lua, source=source, sha=sha)

        return script


RESERVE_LINE = "redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f reserve -%.0f %s', now, price, id))"

WHO_HAS_IT = "redis.call('HGET', 'gw:generation:' .. id, 'provider')"

QUEUE_LENGTH = "redis.call('ZCARD', 'arq:queue:' .. provider)"

CANARIES = (
    Canary("settle closes what is closed", "settle", "if was == 'completed' or was == 'failed' then", "if false then"),
    Canary("settle takes any cost", "settle", "assert(cost >= 0 and cost <= tonumber(reserved)", "assert(true"),
    Canary("settle ends what a provider has", "settle", "if guard == 'unsubmitted' and", "if false and"),
    Canary("refund not given back", "settle", "if refund > 0 then", "if false then"),
    Canary("settle line missing", "settle", "if tonumber(reserved) > 0 then", "if false then"),
    Canary("reserve line missing", "accept", RESERVE_LINE),
    Canary(
        "settle keeps the place among the active",
        "",
        "redis.call('SREM', 'gw:active:'",
        "redis.call('SISMEMBER', 'gw:active:'",
    ),
    Canary("the job is left", "", "dequeue('arq:queue:' .. provider, id)\n  redis.call('SREM'", "redis.call('SREM'"),
    Canary("settle leaves it to the sweeper", "settle", "redis.call('ZREM', 'gw:open', id)"),
    Canary(
        "settle leaves it in the backlog",
        "settle",
        "redis.call('LREM', 'gw:backlog:' .. account .. ':' .. provider, 1, id)",
    ),
    Canary(
        "settle leaves it among the waiting",
        "settle",
        "redis.call('ZREM', 'gw:waiting:' .. provider, id)\nelse",
        "else",
    ),
    Canary("settle leaves it among the uncertain", "settle", "redis.call('ZREM', 'gw:uncertain', id)"),
    Canary("admit leaves it among the waiting", "", "if id then redis.call('ZREM', 'gw:waiting:' .. provider, id) end"),
    Canary("a waiting one is not counted", "", "redis.call('ZADD', 'gw:waiting:' .. provider, now, id)"),
    Canary("settle lets nobody on", "settle", "join_round_robin(account, provider)\nadmit(provider, now)"),
    Canary("settle wakes nobody", "settle", "redis.call('PUBLISH', 'gw:wake:' .. gateway, id)", ""),
    Canary(
        "settle forgets the late look", "settle", "if state == 'failed' and ref and late_ms ~= '' then", "if false then"
    ),
    Canary("an ended generation is kept for ever", "settle", "redis.call('PEXPIRE', generation, keep_ms)"),
    Canary("event missing", "settle", "emit(account, 'evt_' .. id, 'generation.' .. state, now, 'generation', id)"),
    Canary(
        "event written twice",
        "settle",
        "emit(account, 'evt_'",
        "emit(account, 'again_' .. id, 'generation.' .. state, now, 'generation', id)\nemit(account, 'evt_'",
    ),
    Canary("event to everybody", "settle", "(types == '*' or string.find(", "(true or string.find("),
    Canary("event to a disabled endpoint", "settle", "return types and not disabled and", "return types and"),
    Canary("accept without the balance check", "accept", "if balance < price then", "if false then"),
    Canary("a known id charged again", "accept", "if created then", "if false then"),
    Canary(
        "an Idempotency-Key forgotten",
        "accept",
        "if replay_key ~= '' then redis.call('SET'",
        "if false then redis.call('SET'",
    ),
    Canary(
        "an Idempotency-Key looked up after charging",
        "accept",
        "if seen then\n",
        "if seen then\nreserve_payment('balance', account, price, id, now)\n",
    ),
    Canary("another body replayed", "accept", "if string.sub(seen, 1, #body_hash) ~= body_hash then", "if false then"),
    Canary("accept forgets the sweeper", "accept", "redis.call('ZADD', 'gw:open', now + LOOK_AFTER_MS, id)"),
    Canary(
        "accept lets a generation expire",
        "accept",
        "if waiter ~= '' then",
        "redis.call('PEXPIRE', generation, 9999999)\nif waiter ~= '' then",
    ),
    Canary("accept jumps the queue of accounts", "accept", "or redis.call('EXISTS', 'gw:turns:' .. provider) == 1"),
    Canary(
        "accept ignores the backlog limit",
        "accept",
        "if waits and waiting >= tonumber(backlog_max) then",
        "if false then",
    ),
    Canary("accept charges for a provider that is down", "accept", "return 'down', down_until - now", "return 'free'"),
    Canary(
        "a paused provider goes first",
        "",
        "if word == 'free' then return at end",
        "if word ~= 'down' then return at end",
    ),
    Canary("a paused provider never goes", "", "later = later or at end", "end"),
    Canary("accept names the wrong route", "accept", "(at - FIRST) / 4 + 1, res", "1, res"),
    Canary("a known id's route is forgotten", "accept", "if ARGV[at + 2] == spec then", "if false then"),
    Canary("a place in the day is free", "accept", "redis.call('INCR', quota_key(account, day))"),
    Canary("a place in the day lost on failure", "settle", "if failed and day and", "if false and"),
    Canary("a place in the day given back on success", "settle", "if failed and day and", "if day and"),
    Canary("concurrency of the plan ignored in turns", "", "< concurrency_of(account) then", "< 1000 then"),
    Canary("a place is kept for ever", "", "redis.call('SREM', 'gw:busy:'", "redis.call('SISMEMBER', 'gw:busy:'"),
    Canary("a late look takes a place", "", "redis.call('SCARD', 'gw:busy:' .. provider)", QUEUE_LENGTH),
    Canary("concurrency of the provider ignored", "", "return not limit or", "return true or"),
    Canary(
        "admit loses the rest of the backlog",
        "",
        "    local id = redis.call('LPOP', 'gw:backlog:' .. account .. ':' .. provider)",
        "    local id = redis.call('LPOP', 'gw:backlog:' .. account .. ':' .. provider)\n"
        "    redis.call('DEL', 'gw:backlog:' .. account .. ':' .. provider)",
    ),
    Canary("admit takes the newest", "", "redis.call('LPOP', 'gw:backlog:'", "redis.call('RPOP', 'gw:backlog:'"),
    Canary("admit forgets that more wait", "", "    join_round_robin(account, provider)\n  end", "  end"),
    Canary(
        "admit lets one account have all turns", "", "'NX', now_us, account)", "'NX', string.byte(account), account)"
    ),
    Canary(
        "admit forgets the state",
        "",
        "redis.call('HSET', 'gw:generation:' .. id, 'state', 'queued', 'queued_ms', now)\n      take_slot",
        "take_slot",
    ),
    Canary(
        "enqueue does not ring",
        "",
        "  redis.call('ZADD', queue, now, id)\n  ring(queue)",
        "  redis.call('ZADD', queue, now, id)",
    ),
    Canary(
        "start gives submit twice",
        "start",
        "if state == 'submitting' and repeatable == '' then",
        "if false then",
    ),
    Canary("start submits the uncertain again", "start", "if state == 'uncertain' then return", "if false then return"),
    Canary("start forgets the reference", "start", "if ref then\n", "if false then\n"),
    Canary("start works on the closed", "start", "if state == 'completed' or state == 'failed' then", "if false then"),
    Canary(
        "start sends everybody after an outage",
        "start",
        "if downs and probe_until and tonumber(probe_until) > now then",
        "if false then",
    ),
    Canary("start ignores a pause", "start", "if paused and tonumber(paused) > now then", "if false then"),
    Canary(
        "start asks for permission again", "start", "if state == 'submitting' and intent == token then", "if false then"
    ),
    Canary(
        "start by another provider's worker", "start", "if provider ~= at or state == 'backlog' then", "if false then"
    ),
    Canary(
        "submitted by another provider's worker",
        "store_reference",
        "if provider ~= at or state == 'backlog' then",
        "if false then",
    ),
    Canary("submitted wakes nobody", "store_reference", "\n  make_due('arq:queue:' .. provider, id, now)"),
    Canary("an uncertain one is not counted", "start", "redis.call('ZADD', 'gw:uncertain', 'NX', now, id)"),
    Canary("submitted leaves it among the uncertain", "store_reference", "redis.call('ZREM', 'gw:uncertain', id)"),
    Canary(
        "submitted fenced",
        "store_reference",
        "redis.call('HSET', generation, 'ref', ref)",
        "if state ~= 'submitting' then return {'closed', state} end\nredis.call('HSET', generation, 'ref', ref)",
    ),
    Canary(
        "submitted opens the closed",
        "store_reference",
        "if state == 'completed' or state == 'failed' then",
        "if false then",
    ),
    Canary(
        "withdraw by anybody",
        "withdraw",
        "if state ~= 'submitting' or intent ~= token then",
        "if state ~= 'submitting' then",
    ),
    Canary(
        "withdraw of what was taken", "withdraw", "if state ~= 'submitting' or intent ~= token then", "if false then"
    ),
    Canary(
        "reroute by anybody",
        "reroute",
        "if cancel or (state ~= 'queued' and (state ~= 'submitting' or intent ~= token))",
        "if cancel",
    ),
    Canary("reroute of what its owner wants stopped", "reroute", "if cancel or (", "if ("),
    Canary("start submits what its owner wants stopped", "start", "if cancel then return", "if false then return"),
    Canary("withdraw pauses whoever has it", "withdraw", "pause_submits(from, ", f"pause_submits({WHO_HAS_IT}, "),
    Canary("an account asked for again is one more", "create_account", "if created then", "if false then"),
    Canary("reroute keeps the place", "reroute", "free_slot(account, from, id)"),
    Canary("reroute loses it", "reroute", "redis.call('RPUSH', 'gw:backlog:' .. account .. ':' .. provider, id)"),
    Canary("reroute lets nobody on", "reroute", "  admit(name, now)"),
    Canary("reroute of the busy to the paused", "reroute", "word == 'down' or word == 'skipped'", "true"),
    Canary("reroute pauses nobody", "reroute", "pause_submits(from, tonumber(pause_ms), now)"),
    Canary("reroute tells nobody", "reroute", "note_attempt(generation, asked_ms or now, from, word)"),
    Canary("withdraw tells nobody", "withdraw", "note_attempt(generation, asked_ms, from, word)"),
    Canary("callback by anybody", "store_callback", "or provider ~= from then", "then"),
    Canary("callback wakes nobody", "store_callback", "if state ~= 'backlog' then make_due", "if false then make_due"),
    Canary("callback not kept", "store_callback", "if doubt then redis.call('HSET'", "if false then redis.call('HSET'"),
    Canary("cancel wakes nobody", "cancel", "if state == 'pending' then make_due", "if false then make_due"),
    Canary(
        "top-up counted each time", "top_up", "if redis.call('HEXISTS', seen, reference) == 1 then", "if false then"
    ),
    Canary("a key asked for again is one too many", "create_key", "if line then return", "if false then return"),
    Canary("a revoked key works on", "revoke_key", "redis.call('DEL', 'gw:key:'", "redis.call('EXISTS', 'gw:key:'"),
    Canary("a credit each time", "credit", "if credit then", "if false then"),
    Canary("a credit of any size", "credit", "or amount > cost then", "then"),
    Canary(
        "a credit for what is open", "credit", "if state ~= 'completed' and state ~= 'failed' then", "if false then"
    ),
    Canary("a credit without its line", "credit", "redis.call('RPUSH', 'gw:ledger:' .. account,", "tostring("),
    Canary(
        "a credit that moves nothing", "credit", "redis.call('HINCRBY', 'gw:account:' .. account, 'spent', -amount)"
    ),
    Canary(
        "retry of what a provider may have",
        "retry",
        "if state == 'submitting' or state == 'uncertain' then",
        "if false then",
    ),
    Canary("retry of the closed", "retry", "if state == 'completed' or state == 'failed' then", "if false then"),
    Canary("retry of what runs", "retry", "':leases', id) then", "':leases', id) or true then"),
    Canary("retry counts on", "retry", "redis.call('HDEL', generation, 'refusals')"),
    Canary("retry of what waits does nothing", "retry", "  admit(provider, now)\n  return", "  return"),
    Canary("any end resolves", "settle", "if guard == 'uncertain' and was ~= 'uncertain' then", "if false then"),
    Canary(
        "a doubt is forgotten with its refund", "settle", "redis.call('ZADD', 'gw:doubts', now, id)", "tostring(id)"
    ),
    Canary(
        "a resolved doubt is listed on",
        "settle",
        "if state == 'failed' and guard == '' then",
        "if state == 'failed' then",
    ),
    Canary("start submits to what is paused", "start", "if held == 'pause' then", "if false then"),
    Canary("accept gives to what is drained", "accept", "if held == 'drain' then", "if false then"),
    Canary("reroute to what is drained", "reroute", "if held == 'drain' then", "if false then"),
    Canary("accept gives to what is paused", "accept", "if held == 'pause' or", "if"),
    Canary("a pause never ends", "set_mode", "redis.call('HDEL', key, 'held')", "redis.call('HGET', key, 'held')"),
    Canary("a failing endpoint is not listed", "attempt", "redis.call('ZADD', 'gw:failing', since, endpoint)"),
    Canary("a mended endpoint is listed on", "attempt", "redis.call('ZREM', 'gw:failing', endpoint)", "return"),
    Canary("an enabled endpoint is listed on", "enable_endpoint", "redis.call('ZREM', 'gw:failing', endpoint)"),
    Canary("a deleted endpoint is listed on", "delete_endpoint", "redis.call('ZREM', 'gw:failing', endpoint)"),
    Canary("the dead are forgotten", "attempt", "redis.call('ZADD', 'gw:dead', now, id)", "tostring(id)"),
    Canary("the dead stay", "", "redis.call('ZREM', 'gw:dead', delivery)"),
    Canary("claim hands out what is running", "claim", "if left == -2 then", "if true then"),
    Canary("claim takes more than there are slots", "claim", "0, count - taken)", "0, count)"),
    Canary("claim does not park", "claim", "redis.call('ZADD', queue, now + park_ms, id)"),
    Canary(
        "claim takes live leases",
        "claim",
        "redis.call('ZRANGEBYSCORE', leases, '-inf', now,",
        "redis.call('ZRANGEBYSCORE', leases, '-inf', '+inf',",
    ),
    Canary("claim forgets the dead", "claim", "if redis.call('ZSCORE', queue, id) then take(id, now, 1) else", "do"),
    Canary(
        "finish without a fence",
        "finish",
        "local held = redis.call('GET', 'arq:in-progress:' .. id) == token",
        "local held = true",
    ),
    Canary("what was given back rings no bell", "finish", "if soon then ring(queue) end"),
    Canary("finish forgets the lease", "finish", "redis.call('ZREM', leases, id)"),
    Canary(
        "renew for anybody", "renew", "if redis.call('GET', 'arq:in-progress:' .. id) == token then", "if true then"
    ),
    Canary("sweep puts nothing back", "sweep", "if not is_queued(", "if false and is_queued("),
    Canary("sweep overlooks a lost payload", "sweep", "and redis.call('EXISTS', 'arq:job:' .. id) == 1"),
    Canary("sweep overlooks the deadline", "sweep", "elseif now >= tonumber(deadline) then", "elseif false then"),
    Canary(
        "sweep looks once",
        "sweep",
        "redis.call('ZADD', 'gw:open', now + AGAIN_MS, id)",
        "redis.call('ZREM', 'gw:open', id)",
    ),
    Canary("sweep overlooks lost deliveries", "sweep_deliveries", "if not redis.call('ZSCORE', queue, job) or", "if"),
    Canary("attempt after the end", "attempt", "if was ~= 'pending' then", "if false then"),
    Canary("attempt counted twice", "attempt", "if tonumber(attempt) <= tonumber(attempts) and", "if false and"),
    Canary("attempt forgets that it was taken", "attempt", "and not fact then", "then"),
    Canary("attempt brings an endpoint back", "attempt", "if not url or disabled then", "if disabled then"),
    Canary("attempt switches off what is off", "attempt", "if not url or disabled then", "if not url then"),
    Canary("attempt bears with an endpoint", "attempt", "if not gone and now", "if not gone or now"),
    Canary("attempt is impatient", "attempt", "if not gone and now - since < FAILING_MAX_MS then", "if false then"),
    Canary("attempt forgets since when", "attempt", "'failing_ms', since, 'failed_ms', now", "'failing_ms', now"),
    Canary(
        "attempt counts the silence",
        "attempt",
        "last and now - last < SILENT_MAX_MS and tonumber(since) or",
        "since or",
    ),
    Canary(
        "attempt holds it against the mended",
        "attempt",
        "if health == 'well' then note_success(endpoint)\nelseif",
        "if",
    ),
    Canary("attempt tells nobody", "attempt", "emit(account, event, 'endpoint.disabled',", "tostring("),
    Canary("redeliver for anybody", "redeliver", "'gw:endpoints:' .. account, endpoint) == 0", "'', endpoint) == 1"),
    Canary("redeliver elsewhere", "redeliver", "if owner ~= endpoint then", "if not owner then"),
    Canary("redeliver to what is off", "redeliver", "'disabled_ms') == 1 then", "'disabled_ms') == 2 then"),
    Canary(
        "redeliver begins anew what waits", "redeliver", "if state == 'pending' then make_due", "if false then make_due"
    ),
    Canary("a new beginning ends as the old one did", "", "redis.call('PERSIST', key)"),
    Canary(
        "a new beginning is used up",
        "",
        "'state', 'pending', 'attempts', 0, 'again_ms'",
        "'state', 'pending', 'again_ms'",
    ),
    Canary("replay to what is off", "replay", "'disabled_ms') == 1 then", "'disabled_ms') == 2 then"),
    Canary("replay of what was delivered", "replay", "and was == 'dead' then", "and was then"),
    Canary("replay of what is there", "replay", "and not was then", "then"),
    Canary("replay of what nobody wanted", "replay", "or not wants(endpoint, 'generation.' .. state) then", "then"),
    Canary("enabling is not enough", "enable_endpoint", "'disabled_why', 'failing_ms', 'failed_ms'", "'disabled_why'"),
    Canary("rotation forgets the old secret", "rotate_secret", "'old_secret', was,"),
    Canary("rotation counted twice", "rotate_secret", "if was == secret then", "if false then"),
    Canary("a low balance is told each time", "accept", "if told or before", "if before"),
    Canary("a low balance is told late", "accept", "or balance >= threshold then", "or balance > 0 then"),
    Canary("a balance that was low is told", "accept", "or before < threshold or", "or"),
    Canary("a top-up arms nothing", "top_up", "redis.call('HDEL', record, 'low_told')"),
    Canary("any top-up arms", "top_up", "if topup + amount - spent >= tonumber(low or 0) then", "if true then"),
    Canary("a new threshold is not armed", "set_low", "redis.call('HDEL', 'gw:account:' .. account, 'low_told')"),
    Canary("attempt leaves the job", "attempt", "dequeue('arq:queue:webhooks', 'deliver:' .. id)"),
    Canary(
        "a late reference is not looked at",
        "store_reference",
        "if state == 'failed' and not known then",
        "if false then",
    ),
    Canary(
        "a late reference is looked at again and again",
        "store_reference",
        "'failed' and not known then",
        "'failed' then",
    ),
    Canary(
        "a late callback is not looked at",
        "store_callback",
        "if doubt then redis.call('ZADD'",
        "if false then redis.call('ZADD'",
    ),
    Canary("a late result reopens", "store_late_result", "'late', outcome,", "'late', outcome, 'state', 'completed',"),
    Canary(
        "a late result of the completed",
        "store_late_result",
        "if redis.call('HGET', generation, 'state') ~= 'failed' then",
        "if false then",
    ),
    Canary("a gateway waits twice", "watch", "elseif not string.find(", "elseif true or string.find("),
    Canary(
        "a gateway of a longer name waits too",
        "watch",
        "string.find(' ' .. waiters .. ' ', ' ' .. gateway .. ' ', 1, true)",
        "string.find(waiters, gateway, 1, true)",
    ),
)
