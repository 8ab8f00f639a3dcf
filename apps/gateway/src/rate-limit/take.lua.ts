/**
 * One request of a window that begins with a key's first request. Returns how many were counted with this one, and the
 * milliseconds until the window ends. One script: a counter without an end, left by a crash in between, would lock its key out for good.
 */
export const TAKE = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return { count, left }
`;
