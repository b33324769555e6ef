-- KEYS[1]: a session: `user` (a hash, empty for none), `end` (Unix milliseconds, 0 for none), values as `v:name`, each
-- behind the 16 digits of its stamp. KEYS[2]: the list of its bucket: `s:hash` = user, created, used, ends; `e:user` = epoch.
-- ARGV: the session's hash, its ttl in milliseconds.
-- Gives: nil, or the user's epoch and the fields.
-- Invariant: a user's session is in the list, or does not exist. Both live for at least the ttl from now on.
local of = redis.call('HMGET', KEYS[1], 'user', 'end')
local user = of[1]
if not user then
  return false
end
local listed = user ~= '' and redis.call('HGET', KEYS[2], 's:' .. ARGV[1])
if user ~= '' and not listed then
  redis.call('DEL', KEYS[1])
  return false
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl, ends = tonumber(ARGV[2]), tonumber(of[2])
if ends == 0 then
  ends = math.huge
end
if math.min(ttl, ends - now) > redis.call('PTTL', KEYS[1]) then
  -- A hundredth more, so that not each load writes.
  local left = math.ceil(math.min(ttl * 1.01, ends - now))
  redis.call('PEXPIRE', KEYS[1], left)
  if listed then
    local created = string.match(listed, '^%S+ (%d+)')
    redis.call('HSET', KEYS[2], 's:' .. ARGV[1], string.format('%s %s %.0f %.0f', user, created, now, now + left))
    redis.call('PEXPIRE', KEYS[2], math.max(left, redis.call('PTTL', KEYS[2])))
  end
end
local reply = redis.call('HGETALL', KEYS[1])
table.insert(reply, 1, listed and redis.call('HGET', KEYS[2], 'e:' .. user) or '0')
return reply
