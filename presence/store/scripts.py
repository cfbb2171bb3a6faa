r"""What Redis runs as one step each, in Lua. The meaning stands in memory.py; one contract test holds both to it.

    {p}:born      a word that is new whenever Redis has lost everything
    {p}:settling  there for SETTLE_S after that
    {p}:leases    processes by when their lease runs out, in milliseconds of Redis' clock
    {p}:dead      processes whose lease ran out, by when, and who are still to be reaped
    {p}:of:<l>    the rooms a lease has somebody in
    {p}:in:<r>    users of a room: "name\nlease=status\nlease=status\n"
    {p}:rooms     rooms: "version:count"

{p} names the run of Redis as well: one that was restarted, or a replica that took over, may hold a state of some time
ago, which is worse than none. Every key has a time to live. A version is one more than the last; the first is Redis'
clock in microseconds, so that it is higher than any that was forgotten.
"""

from __future__ import annotations

from realtime.redis import Script

__all__ = ["APPLY", "ENTER", "KEPT_MS", "LEAVE", "REAP", "REAPED", "STATE", "TICK", "TOPS", "WHOLE"]

KEPT_MS = 3_600_000

_COMMON = (
    f"local KEPT_MS = {KEPT_MS}"
    r"""
local RANK = {a = 1, o = 2, d = 3}

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Whether what is read now can be believed: nothing was lost since this process entered, and all have said theirs.
local function whole(born_key, settling_key, remembered)
  if redis.call('EXISTS', settling_key) == 1 then return false end
  return remembered == '' or redis.call('GET', born_key) == remembered
end

local function parse(value)
  local name, by = '', {}
  if value then
    local cut = string.find(value, '\n', 1, true)
    name = string.sub(value, 1, cut - 1)
    for lease, status in string.gmatch(string.sub(value, cut + 1), '(%w+)=(%a)\n') do by[lease] = status end
  end
  return name, by
end

local function best(by)
  local found = ''
  for _, status in pairs(by) do
    if found == '' or RANK[status] > RANK[found] then found = status end
  end
  return found
end

local function keep(key, user, name, by)
  local lines = {name}
  for lease, status in pairs(by) do lines[#lines + 1] = lease .. '=' .. status end
  if #lines == 1 then
    redis.call('HDEL', key, user)
  else
    redis.call('HSET', key, user, table.concat(lines, '\n') .. '\n')
  end
end

-- What a lease says of users of a room: a diff as a list, or nothing. said: user, name, status ('' gone, '-' erased).
local function change(in_key, rooms_key, settling_key, room, lease, said)
  local before, told = redis.call('HLEN', in_key), {}
  for at = 1, #said, 3 do
    local user = said[at]
    local was_name, by = parse(redis.call('HGET', in_key, user))
    local was, name = best(by), was_name
    if said[at + 2] == '-' then
      by = {}
    elseif said[at + 2] == '' then
      by[lease] = nil
    else
      by[lease] = said[at + 2]
      name = said[at + 1]
    end
    local now = best(by)
    keep(in_key, user, name, by)
    if now ~= was or (now ~= '' and name ~= was_name) then
      told[#told + 1] = user
      told[#told + 1] = name
      told[#told + 1] = was
      told[#told + 1] = now
    end
  end
  redis.call('PEXPIRE', in_key, KEPT_MS)
  if #told == 0 or redis.call('EXISTS', settling_key) == 1 then return {} end
  local count = redis.call('HLEN', in_key)
  local known = redis.call('HGET', rooms_key, room)
  local version = known and tonumber(string.match(known, '^%d+')) + 1 or clock()
  local text = string.format('%.0f', version)
  redis.call('HSET', rooms_key, room, text .. ':' .. count)
  redis.call('PEXPIRE', rooms_key, KEPT_MS)
  return {text, before, count, told}
end
"""
)

# KEYS born settling rooms leases; ARGV lease lease_ms remembered word settle_ms. Gives the word and the time.
ENTER = Script(
    _COMMON
    + """
local born = redis.call('GET', KEYS[1])
if not born then
  born = ARGV[4]
  redis.call('SET', KEYS[1], born)
end
redis.call('PEXPIRE', KEYS[1], KEPT_MS)
if ARGV[3] ~= '' and ARGV[3] ~= born and redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[5]) then
  redis.call('DEL', KEYS[3])
end
local now = math.floor(clock() / 1000)
redis.call('ZADD', KEYS[4], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[4], KEPT_MS)
return {born, now}
"""
)

# KEYS leases dead born rooms; ARGV lease lease_ms renew since seen contact_ms. Gives held, time, since, dead by pairs.
TICK = Script(
    _COMMON
    + """
local now = math.floor(clock() / 1000)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {0} end
if ARGV[3] == '1' then
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, KEPT_MS) end
end
local since = tonumber(ARGV[4])
if now - ARGV[5] > tonumber(ARGV[6]) then since = now end
if now - since >= tonumber(ARGV[2]) then
  for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)) do
    redis.call('ZADD', KEYS[2], redis.call('ZSCORE', KEYS[1], lease), lease)
    redis.call('ZREM', KEYS[1], lease)
    redis.call('PEXPIRE', KEYS[2], KEPT_MS)
  end
end
return {1, now, since, redis.call('ZRANGE', KEYS[2], 0, 99, 'WITHSCORES')}
"""
)

# KEYS in rooms settling of leases; ARGV room lease done, then user name status ... Gives 'lost' or a diff.
APPLY = Script(
    _COMMON
    + """
if not redis.call('ZSCORE', KEYS[5], ARGV[2]) then return 'lost' end
local said = {}
for at = 4, #ARGV do said[at - 3] = ARGV[at] end
redis.call('SADD', KEYS[4], ARGV[1])
-- Longer than what it leads to, or nobody would find that.
redis.call('PEXPIRE', KEYS[4], KEPT_MS * 2)
if ARGV[3] == '1' then redis.call('SREM', KEYS[4], ARGV[1]) end
return change(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2], said)
"""
)

# KEYS in rooms settling of; ARGV room dead cursor. Gives the cursor to go on from, and a diff: some hundred a step.
REAP = Script(
    _COMMON
    + """
local scanned = redis.call('HSCAN', KEYS[1], ARGV[3], 'COUNT', 200)
local said, all = {}, scanned[2]
for at = 1, #all, 2 do
  local _, by = parse(all[at + 1])
  if by[ARGV[2]] then
    said[#said + 1] = all[at]
    said[#said + 1] = ''
    said[#said + 1] = ''
  end
end
if scanned[1] == '0' then redis.call('SREM', KEYS[4], ARGV[1]) end
return {scanned[1], change(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2], said)}
"""
)

# KEYS dead of; ARGV lease. The last step of reaping: nothing is left of it.
REAPED = Script(
    """
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 1
"""
)

# KEYS leases; ARGV lease handover_ms.
LEAVE = Script(
    _COMMON
    + """
local now = math.floor(clock() / 1000)
return redis.call('ZADD', KEYS[1], 'XX', now + ARGV[2], ARGV[1])
"""
)

# KEYS born settling; ARGV remembered. Gives 1 where what is read now can be believed.
WHOLE = Script(_COMMON + "return whole(KEYS[1], KEYS[2], ARGV[1]) and 1 or 0")

# KEYS born settling in rooms; ARGV remembered room limit. Gives nil while settling, else version, count, and, if they
# are few enough, user, value ...
STATE = Script(
    _COMMON
    + """
if not whole(KEYS[1], KEYS[2], ARGV[1]) then return false end
local count = redis.call('HLEN', KEYS[3])
local known = redis.call('HGET', KEYS[4], ARGV[2])
local version = known and string.match(known, '^%d+')
if not version then
  version = string.format('%.0f', clock())
  redis.call('HSET', KEYS[4], ARGV[2], version .. ':' .. count)
  redis.call('PEXPIRE', KEYS[4], KEPT_MS)
end
if count > tonumber(ARGV[3]) then return {version, count} end
return {version, count, redis.call('HGETALL', KEYS[3])}
"""
)

# KEYS born settling rooms, then in ...; ARGV remembered, then the rooms. Gives nil while settling, else a list.
TOPS = Script(
    _COMMON
    + """
if not whole(KEYS[1], KEYS[2], ARGV[1]) then return false end
local rooms = {unpack(ARGV, 2)}
local found = redis.call('HMGET', KEYS[3], unpack(rooms))
for at, value in ipairs(found) do
  if not value then
    found[at] = string.format('%.0f', clock()) .. ':' .. redis.call('HLEN', KEYS[at + 3])
    redis.call('HSET', KEYS[3], rooms[at], found[at])
    redis.call('PEXPIRE', KEYS[3], KEPT_MS)
  end
end
return found
"""
)
