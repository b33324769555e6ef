-- Begins the scripts that may set an entry aside: the names of their keys, and what they share.
-- KEYS: 1 the bell, 2 the number of the last entry, 3 the delayed, 4 when each delivery is due again, 5 the last errors,
-- 6 the dead letters, 7 the counts of the group, 8 and on a stream for each level.
-- A delivery goes by `level:id`. Invariant: what is pending in the group stands in KEYS[4], and nothing else does.
local bell, number, later, due, errors, dead, counts = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local LAPSED = 'it was neither finished nor renewed within its time'

-- A server whose memory is full refuses what adds, unless a script has written before: what delivers and finishes goes on
-- then, as it makes room.
local function make_way()
  redis.call('HDEL', errors, '')
end

local function count(name, by)
  if by > 0 then
    redis.call('HINCRBY', counts, name, by)
  end
end

local function stream_of(delivery)
  local level, id = string.match(delivery, '^(%d+):(.+)$')
  return KEYS[7 + level], id, level
end

-- The fields of an entry by their names; nil if there is no such entry.
local function entry_of(stream, id)
  local found = redis.call('XRANGE', stream, id, id)[1]
  if not found then
    return nil
  end
  local fields = {}
  for at = 1, #found[2], 2 do
    fields[found[2][at]] = found[2][at + 1]
  end
  return fields
end

-- How often it was delivered; nil if it is not pending.
local function attempts_of(group, stream, id)
  local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
  if pending.err and not string.find(pending.err, 'NOGROUP', 1, true) then
    -- Nothing is known: nothing may be done.
    return redis.call('XPENDING', stream, group, id, id, 1)
  end
  return pending[1] and pending[1][4]
end

-- It is delivered no more.
local function settle(group, delivery, stream, id, deletes)
  redis.call('XACK', stream, group, id)
  redis.call('ZREM', due, delivery)
  redis.call('HDEL', errors, delivery)
  if deletes == '1' then
    redis.call('XDEL', stream, id)
  end
end

-- Sets it aside with its error. Of more dead letters than are kept the oldest is dropped, and counted.
local function bury(group, delivery, fields, attempts, why, keep, deletes)
  local stream, id, level = stream_of(delivery)
  local head = table.concat({fields.n, level, attempts, string.format('%.0f', now), #why}, ':')
  redis.call('ZADD', dead, fields.n, head .. ':' .. why .. fields.job)
  settle(group, delivery, stream, id, deletes)
  count('buried', 1)
  local over = redis.call('ZCARD', dead) - keep
  if over > 0 then
    count('dropped', redis.call('ZREMRANGEBYRANK', dead, 0, over - 1))
  end
end
