-- Delivers to a group: first what is due again, then what is new, by level.
-- ARGV: the group, how many at most, for how many milliseconds they are its taker's, how often one is delivered at most,
-- how many dead letters are kept, 1 if what is finished is deleted.
-- Gives: the deliveries, each with how often it was delivered, its number and what was added; the numbers of those that
-- were set aside, each with its error; how many were trimmed away before they could be delivered; in how many
-- milliseconds one more is due, -1 if none is.
local group, want, visible, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local keep, deletes = tonumber(ARGV[5]), ARGV[6]
local given, buried, missed, again = {}, {}, 0, 0

local function give(delivery, attempts, fields)
  redis.call('ZADD', due, now + visible, delivery)
  given[#given + 1] = {delivery, attempts, fields.n, fields.job}
end

make_way()
-- Delayed ones whose time has come join the others.
for _, waiting in ipairs(redis.call('ZRANGE', later, '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
  local n, level, job = string.match(waiting, '^(%d+):(%d+):(.*)$')
  redis.call('XADD', KEYS[7 + level], '*', 'n', n, 'job', job)
  redis.call('ZREM', later, waiting)
end

for _, delivery in ipairs(redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, want + 100)) do
  if #given >= want then
    break
  end
  local stream, id = stream_of(delivery)
  local attempts, fields = attempts_of(group, stream, id), entry_of(stream, id)
  if not attempts then
    redis.call('ZREM', due, delivery)
    redis.call('HDEL', errors, delivery)
  elseif not fields then
    settle(group, delivery, stream, id, '0')
    missed = missed + 1
  elseif attempts >= most then
    local why = redis.call('HGET', errors, delivery) or LAPSED
    bury(group, delivery, fields, attempts, why, keep, deletes)
    buried[#buried + 1] = {fields.n, why}
  else
    redis.call('XCLAIM', stream, group, 'fleet', 0, id, 'RETRYCOUNT', attempts + 1, 'JUSTID')
    -- Of this delivery there is no error yet.
    redis.call('HDEL', errors, delivery)
    again = again + 1
    give(delivery, attempts + 1, fields)
  end
end

-- Streams without the group have lost their data: all that is there now is new to it.
local function read(stream)
  local ask = {'XREADGROUP', 'GROUP', group, 'fleet', 'COUNT', want - #given, 'STREAMS', stream, '>'}
  local found = redis.pcall(unpack(ask))
  if found and found.err and string.find(found.err, 'NOGROUP', 1, true) then
    redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
    found = redis.call(unpack(ask))
  elseif found and found.err then
    return nil, found
  end
  return found and found[1][2] or {}
end

for level = 1, #KEYS - 7 do
  local stream = KEYS[7 + level]
  -- More than once only where entries are skipped, which are few.
  for _ = 1, 100 do
    if #given >= want then
      break
    end
    local entries, refused = read(stream)
    if refused then
      return refused
    end
    if #entries == 0 then
      break
    end
    for _, entry in ipairs(entries) do
      local fields = {}
      for at = 1, #entry[2], 2 do
        fields[entry[2][at]] = entry[2][at + 1]
      end
      if deletes ~= '1' then
        local last = tonumber(redis.call('HGET', counts, 'last') or fields.n - 1)
        missed = missed + math.max(fields.n - last - 1, 0)
        redis.call('HSET', counts, 'last', fields.n)
      end
      if fields.only and fields.only ~= group then
        redis.call('XACK', stream, group, entry[1])
      else
        give(level .. ':' .. entry[1], 1, fields)
      end
    end
  end
end

count('delivered', #given)
count('redelivered', again)
count('missed', missed)
local function first(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]) or math.huge
end
local soonest = math.min(first(due), first(later))
return {given, buried, missed, soonest == math.huge and -1 or math.max(soonest - now, 0)}
