-- start: return the next step of a claimed job. An intent to submit is stored first, and never sent again without a ref.
-- ARGV: id, repeatable ('1' | ''), submit_limit_ms, token (of this run: the same token gets the same submit again),
--       provider (of the worker: a generation that was rerouted is 'moved' for its workers),
--       history, sequence, accepted_ms (what the worker knows of this store; '': nothing)
-- Keys: gw:generation:<id> gw:uncertain
-- Returns {'submit', FACTS, probe ('1' | ''), percent, sequence} | {'poll', FACTS, ref, cancel ('1' | ''), percent}
-- Returns {'wait', ms} | {'paused', ms, FACTS} (until the provider accepts submits again; another provider may take it)
-- Returns {'uncertain', FACTS, callback ('' if none came)} | {'down', FACTS} | {'canceled', FACTS}
-- Returns {'closed', state} | {'moved', provider} | {'missing'}
-- FACTS: spec, reserved, created_ms, deadline_ms, started_ms (0: never), refusals, account, watched ("1": by readers)
-- percent: of the provider's callbacks that arrive; 0 if this generation's has come already
--@include now
--@include route
--@include rate_limit
--@include measure
--@include history
--@include feed
local id, repeatable, submit_limit_ms, token, at, history, sequence, accepted = unpack(ARGV)
local generation = 'gw:generation:' .. id
local state, provider, spec, reserved, created, deadline, run_ms, started, ref, intent, intent_ms, cancel, callback,
  refusals, account, called, target, watched = unpack(redis.call('HMGET', generation, 'state', 'provider', 'spec', 'reserved',
    'created_ms', 'deadline_ms', 'run_ms', 'started_ms', 'ref', 'intent', 'intent_ms', 'cancel_ms', 'callback',
    'refusals', 'account', 'called_ms', 'target', 'watched'))
if not state then return {'missing'} end
if state == 'completed' or state == 'failed' then return {'closed', state} end
if provider ~= at or state == 'backlog' then return {'moved', provider} end
local function with_facts(reply, ...)
  for _, value in ipairs({spec, tonumber(reserved), tonumber(created), tonumber(deadline), tonumber(started or 0),
    tonumber(refusals or 0), account, watched or '', ...}) do reply[#reply + 1] = value end
  return reply
end
local known = read_provider(provider)
local percent = called and 0 or callback_percent(known[1], known[2])
if ref then
  redis.call('HINCRBY', generation, 'looks', 1)
  redis.call('HSET', generation, 'looked_ms', now)
  return with_facts({'poll'}, ref, cancel and '1' or '', percent)
end
if state == 'submitting' and intent == token then
  return with_facts({'submit'}, is_probe(provider, target or ''), percent, 0)
end
if state == 'submitting' and repeatable == '' then
  local left = math.min(intent_ms + submit_limit_ms, tonumber(deadline)) - now
  if left > 0 and not callback then return {'wait', left} end
  redis.call('HSET', generation, 'state', 'uncertain') state = 'uncertain'
  append_event(account, watched, id, state)
end
local fenced = state == 'queued' and check_history(history, sequence, accepted)
if fenced then return fenced end
if repeatable == '' then state, deadline = state_after_restore(generation, state, created, deadline, run_ms, now) end
if state == 'uncertain' then redis.call('ZADD', 'gw:uncertain', 'NX', now, id) end
if state == 'uncertain' then return with_facts({'uncertain'}, callback or '') end
if cancel then return with_facts({'canceled'}) end
local refusal, probe = check_submit(provider, known, target or '', generation, tonumber(submit_limit_ms), now)
if refusal then return refusal[1] == 'wait' and refusal or with_facts(refusal) end
if not started then started, deadline = now, string.format('%.0f', now + run_ms) end
redis.call('HSET', generation, 'state', 'submitting', 'intent', token, 'intent_ms', now, 'started_ms', started,
  'deadline_ms', deadline)
append_event(account, watched, id, 'submitting')
return with_facts({'submit'}, probe, percent, advance_history())
