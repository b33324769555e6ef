-- Reads the messages after the last that a subscriber has.
-- KEYS: 1 the number of the last message, 2 the stream.
-- ARGV: the id of the last that it has, 0-0 if it has none, or `$` for who begins now; its number; how many at most.
-- Gives: 1 if the server has lost what the subscriber has seen (a failover, a flush), so that nobody knows what it missed;
-- the number of the last message; the id to go on from; the messages, each with its id, its number and what it holds.
local cursor, seen = ARGV[1], tonumber(ARGV[2])
local number = tonumber(redis.call('GET', KEYS[1]) or 0)
local function last_id()
  local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  return last and last[1] or '0-0'
end
if cursor == '$' then
  return {0, number, last_id(), {}}
end
local lost = 0
if number < seen then
  lost = 1
elseif cursor ~= '0-0' and #redis.call('XRANGE', KEYS[2], cursor, cursor) == 0 then
  -- What is trimmed goes from the oldest on: where an older one is there, this one never was.
  lost = #redis.call('XRANGE', KEYS[2], '-', '(' .. cursor, 'COUNT', 1)
end
local messages = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. cursor, '+', 'COUNT', ARGV[3])) do
  messages[#messages + 1] = {entry[1], entry[2][2], entry[2][4]}
end
if lost == 1 and #messages == 0 then
  -- Its ids may be past those that this server goes on with.
  cursor = last_id()
end
return {lost, number, cursor, messages}
