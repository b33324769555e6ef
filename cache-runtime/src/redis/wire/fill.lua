-- Stores entries, each under its lease.
--
-- KEYS  the leases, then the entries in the same order; none stands there twice
-- ARGV  five for each entry:
--       1  what the lease holds if it is the caller's: its token, 16 bytes, and the run id of this
--          node, 8 bytes
--       2  the frame
--       3  its ttl in milliseconds
--       4  '1' for a put, '0' for a load
--       5  the id of the entry that claim.lua replied; empty for a load
--
-- Replies  for each entry one of
--          1 stored · 0 lost: the lease is gone or another's · 2 superseded by a later put
--          an error, which is of this entry alone
--
-- Invariant: every store of a load or a put goes through here, and an invalidation deletes the lease, so
-- a load that began before an invalidation can't store after it. Both keys are read before they are
-- written, so that the caller is pushed exactly its two writes, behind the reply; and the entry is
-- read after it, which registers the caller for what others do to it.
--
-- Of two puts the one that claimed later wins: ids and tokens of puts are odd in their first byte,
-- those of loads even. A put that lost the lease leaves nothing there that is older than it. Another
-- id than the one it found is of who took the lease later; the one it found goes.
--
-- What can be read of all at once is: before Redis 7.2 each reading command registers all KEYS.

local function is_a_puts(bytes)
  return #bytes >= 16 and string.byte(bytes) % 2 == 1
end

local function lost(lease, entry, token, claimed)
  local id = ''
  if redis.call('TYPE', entry).ok == 'string' then
    -- A frame has its id at bytes 8 to 23; a shorter one has what is there.
    id = redis.call('GETRANGE', entry, 8, 23)
  end
  if id == claimed then
    redis.call('DEL', entry)
  elseif is_a_puts(id) then
    return 2
  end
  if lease and is_a_puts(lease) and string.sub(lease, 17) == string.sub(token, 17) then
    return 2
  end
  return 0
end

local call, count = redis.call, #KEYS / 2
local leases = call('MGET', unpack(KEYS, 1, count))
call('EXISTS', unpack(KEYS, count + 1))
local replies, stored = {}, 0
for i = 1, count do
  local at = 5 * i - 4
  if leases[i] == ARGV[at] then
    local done = redis.pcall('SET', KEYS[count + i], ARGV[at + 1], 'PX', ARGV[at + 2])
    replies[i] = done.err and done or 1
    stored = stored + (done.err and 0 or 1)
  elseif ARGV[at + 3] == '0' then
    replies[i] = 0
  else
    replies[i] = lost(leases[i], KEYS[count + i], ARGV[at], ARGV[at + 4])
  end
end
if stored == count then
  call('DEL', unpack(KEYS, 1, count))
  call('EXISTS', unpack(KEYS, count + 1))
elseif stored > 0 then
  local spent, entries = {}, {}
  for i = 1, count do
    if replies[i] == 1 then
      spent[#spent + 1], entries[#entries + 1] = KEYS[i], KEYS[count + i]
    end
  end
  call('DEL', unpack(spent))
  call('EXISTS', unpack(entries))
end
return replies
