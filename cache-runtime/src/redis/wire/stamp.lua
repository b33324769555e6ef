-- Reads the stamps of tags and namespaces, or makes them.
--
-- KEYS  the stamps; none stands there twice
-- ARGV  three for each stamp:
--       1  16 random bytes, for a stamp that has to be made
--       2  the run id of this node, 8 bytes
--       3  how long it is needed, in milliseconds
--
-- Replies  for each stamp {stamp, writes}: the stamp, 24 bytes, is two halves and the run id; nil if
--          none could be made. Or an error, which is of this stamp alone
--
-- Invariant: a stamp of another run is not believed, as the node may have come back from an old
-- snapshot. What is read last counts: memory may be full, and a key evicted at once; and it registers
-- the caller for pushes, which its own write used up. The life of a stamp is extended only when too
-- short, to twice what is needed, as an extension is a write, and is pushed to every process.
--
-- What can be read of all at once is: before Redis 7.2 each reading command registers all KEYS.
local call, pcall = redis.call, redis.pcall
local stamps = call('MGET', unpack(KEYS))
local replies, are_written = {}, false
for i = 1, #KEYS do
  local stamp, run, ms = stamps[i], ARGV[3 * i - 1], ARGV[3 * i]
  local reply, done = {stamp, 1}, nil
  if not stamp then
    done = pcall('SET', KEYS[i], ARGV[3 * i - 2] .. run, 'PX', ms * 2, 'NX')
    -- What is there and no string is not ours to write over.
    done = done or {err = 'WRONGTYPE it is no stamp'}
  elseif string.sub(stamp, 17) ~= run then
    done = pcall('SET', KEYS[i], ARGV[3 * i - 2] .. run, 'PX', ms * 2)
  elseif call('PTTL', KEYS[i]) < tonumber(ms) then
    call('PEXPIRE', KEYS[i], ms * 2)
  else
    reply[2] = 0
  end
  replies[i] = done and done.err and done or reply
  are_written = are_written or reply[2] == 1
end
if are_written then
  stamps = call('MGET', unpack(KEYS))
  for i = 1, #KEYS do
    if not replies[i].err then
      replies[i][1] = stamps[i]
    end
  end
end
return replies
