-- key_limits: the account of an API key, and what a key with limits may order. Such a key has a record instead of the
-- string, so that a version that knows no limits does not know the key.
-- ARGV: the routes of the order, five values each
-- Keys: gw:key:<hash> gw:limited-key:<hash> gw:keys:<account> gw:sessions:<account>
-- Returns {'unknown_key'} | {'expired_key'} | {'forbidden', what ('scope' | 'address' | 'kind' | 'model'), name}
local ROUTE_VALUES = 5

-- An empty list allows every word.
local function allows(list, word)
  return not list or list == '' or string.find(' ' .. list .. ' ', ' ' .. word .. ' ', 1, true)
end

local function allows_address(networks, address)
  if not networks or networks == '' then return true end
  for network in string.gmatch(networks, '%S+') do
    if string.sub(address, 1, #network) == network then return true end
  end
end

-- The prefix of the list that has an id: of keys, or of sessions.
local function list_with(id) return string.sub(id, 1, 5) == 'sess_' and 'gw:sessions:' or 'gw:keys:' end

-- The account, the budgets that count its orders, and the reply that says why the key may not order.
local function find_account(guest, key_hash, address, first, now)
  if guest ~= '' then return guest, '' end
  local owner = redis.call('GET', 'gw:key:' .. key_hash)
  if owner then return owner, '' end
  local account, id, scopes, expires, models, kinds, networks, budget, above = unpack(redis.call('HMGET',
    'gw:limited-key:' .. key_hash, 'account', 'id', 'scopes', 'expires_ms', 'models', 'kinds', 'networks', 'budget', 'above'))
  if not account or redis.call('HEXISTS', list_with(id) .. account, id) == 0 then return nil, '', {'unknown_key'} end
  local budgets = (budget or '') .. ' ' .. (above or '')
  if expires and tonumber(expires) <= now then return account, budgets, {'expired_key'} end
  if not allows(scopes, 'generate') then return account, budgets, {'forbidden', 'scope', 'generate'} end
  if not allows_address(networks, address) then return account, budgets, {'forbidden', 'address', ''} end
  for at = first, (models or kinds) and #ARGV or 0, ROUTE_VALUES do
    local spec = cmsgpack.unpack(ARGV[at + 3])
    if not allows(kinds, spec[2]) then return account, budgets, {'forbidden', 'kind', spec[2]} end
    if not allows(models, spec[3]) then return account, budgets, {'forbidden', 'model', spec[3]} end
  end
  return account, budgets
end
