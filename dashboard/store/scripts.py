"""What Redis runs as one step. Numbers above 2^31 are written by `%.0f`: Lua would shorten them otherwise."""

from __future__ import annotations

from typing import Final

from realtime.redis import Script

__all__ = ["CLAIM", "COMMIT", "FILL", "SAID", "SAY"]

_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end
"""

# KEYS: due, busy. ARGV: name, interval, phase, lease, ... Gives now and the claimed names.
CLAIM = Script(
    _NOW
    + """
local claimed = {}
for at = 1, #ARGV, 4 do
  local name, interval = ARGV[at], tonumber(ARGV[at + 1])
  local due = tonumber(redis.call('HGET', KEYS[1], name) or '0')
  local busy = tonumber(redis.call('HGET', KEYS[2], name) or '0')
  if (now >= due or due > now + interval) and (now >= busy or busy > now + ARGV[at + 3]) then
    redis.call('HSET', KEYS[1], name, text(now - (now - ARGV[at + 2]) % interval + interval))
    redis.call('HSET', KEYS[2], name, text(now + ARGV[at + 3]))
    claimed[#claimed + 1] = name
  end
end
return {text(now), claimed}
"""
)

# KEYS: documents (each behind its version), busy, rows, row times. ARGV: name, base, document, release, kept for (ms),
# and of a row: body, at, gap, most.
COMMIT = Script(
    """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if (held and string.match(held, '^%d+') or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
if ARGV[4] == '1' then redis.call('HDEL', KEYS[2], ARGV[1]) end
if ARGV[6] ~= '' then
  local last = tonumber(redis.call('HGET', KEYS[4], ARGV[1]) or '0')
  local at = tonumber(ARGV[7])
  if at < last or at - last >= tonumber(ARGV[8]) then
    redis.call('HSET', KEYS[4], ARGV[1], ARGV[7])
    redis.call('RPUSH', KEYS[3], ARGV[6])
    redis.call('LTRIM', KEYS[3], -tonumber(ARGV[9]), -1)
    redis.call('PEXPIRE', KEYS[3], ARGV[5])
  end
end
return 1
"""
)

# KEYS: rows. ARGV: kept for (ms), most, then bodies, oldest first. A thousand at a time: Lua's stack is not endless.
FILL = Script(
    """
if redis.call('LLEN', KEYS[1]) > 0 then return end
for at = 3, #ARGV, 1000 do redis.call('RPUSH', KEYS[1], unpack(ARGV, at, math.min(at + 999, #ARGV))) end
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
"""
)

# KEYS: bodies, times. ARGV: process, body, kept for (ms).
SAY = Script(
    _NOW
    + """
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], text(now), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3] * 10)
redis.call('PEXPIRE', KEYS[2], ARGV[3] * 10)
"""
)

# KEYS: bodies, times. ARGV: kept for (ms). Gives process, age, body, ...
SAID = Script(
    _NOW
    + """
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. text(now - ARGV[1]))
for _, process in ipairs(old) do
  redis.call('ZREM', KEYS[2], process)
  redis.call('HDEL', KEYS[1], process)
end
local told, found = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES'), {}
for at = 1, #told, 2 do
  local body = redis.call('HGET', KEYS[1], told[at])
  if body then
    found[#found + 1] = told[at]
    found[#found + 1] = text(now - told[at + 1])
    found[#found + 1] = body
  end
end
return found
"""
)
