-- Takes the leases of entries for their loads, or says of each why not.
--
-- KEYS  the leases, then the entries in the same order; none stands there twice
-- ARGV  four for each entry:
--       1  what the lease is to hold: the caller's token, 16 bytes, and the run id of this node,
--          8 bytes
--       2  how long the lease lives, in milliseconds
--       3  the id of the entry that the caller found invalid; empty if it found none
--       4  '1' to share the token of another holder, '0' to wait for it
--
-- Replies  for each entry one of
--          writes, a number: acquired · {'held', lease} · {'shared', token} · {'nostore'}
--          {'entry', frame}: another entry than the one found invalid came meanwhile
--          an error, which is of this entry alone
--
-- Invariant: a lease holds one token at a time, and one's own is as good as acquired. One of another
-- run came back with a failover or a snapshot, and one without an end has none who will end it: both
-- are nobody's, and are taken. A put's token is odd in its first byte, and is not shared: the put
-- wins. An entry of another type than a string, or too short to have an id, counts as none, and is
-- overwritten by the store. Whatever the reply, the caller is registered for pushes of both keys: a
-- lease just written is read again, as writing it used the registration up. It was read before as
-- well, so that the caller is pushed as many writes of its own as it is told.
--
-- What can be read of all at once is: before Redis 7.2 each reading command registers all KEYS.
local call, pcall, count = redis.call, redis.pcall, #KEYS / 2
local leases = call('MGET', unpack(KEYS, 1, count))
local are_entries = call('EXISTS', unpack(KEYS, count + 1)) > 0

local function take(i, lease, token)
  local ms, is_held, done = ARGV[4 * i - 2], false, nil
  if lease then
    is_held = string.sub(lease, -8) == string.sub(token, 17) and call('PTTL', KEYS[i]) > 0
    if lease == token then
      if is_held then
        return 0
      end
      call('PEXPIRE', KEYS[i], ms)
      return 1
    end
  end
  if are_entries then
    -- A frame has its id at bytes 8 to 23; a shorter one has what is there.
    local id = pcall('GETRANGE', KEYS[count + i], 8, 23)
    local is_string = type(id) == 'string'
    if is_string and id ~= '' and id ~= ARGV[4 * i - 1] then
      return {'entry', call('GET', KEYS[count + i])}
    elseif not is_string and not string.find(id.err, 'WRONGTYPE', 1, true) then
      return id
    end
  end
  if is_held then
    if lease == 'nostore' .. string.sub(token, 17) then
      return {'nostore'}
    end
    if ARGV[4 * i] == '0' then
      return {'held', lease}
    end
    if string.byte(lease) % 2 == 1 then
      return {'nostore'}
    end
    return {'shared', string.sub(lease, 1, 16)}
  end
  if lease then
    done = pcall('SET', KEYS[i], token, 'PX', ms)
  else
    -- What is there and no string is not ours to write over.
    done = pcall('SET', KEYS[i], token, 'PX', ms, 'NX') or {err = 'WRONGTYPE it is no lease'}
  end
  return done.err and done or 1
end

local replies, written = {}, 0
for i = 1, count do
  replies[i] = take(i, leases[i], ARGV[4 * i - 3])
  written = written + (replies[i] == 1 and 1 or 0)
end
if written == count then
  call('EXISTS', unpack(KEYS, 1, count))
elseif written > 0 then
  local again = {}
  for i = 1, count do
    again[#again + 1] = replies[i] == 1 and KEYS[i] or nil
  end
  call('EXISTS', unpack(again))
end
return replies
