/*
 * One hash for all workers: app id → "<opened at>|<next probe at>|<reason>", times in ms of Redis's own clock, because workers' clocks differ
 * (row T1 of the fault table). The field "epoch" is there as long as Redis keeps its memory. Every change is announced on the channel of the
 * same name, with nothing in it: who hears of it looks at the board.
 */
export const BOARD = 'hookwright:breakers';
export const EPOCH = 'epoch';

const NOW = `local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** KEYS: the board; ARGV: app id, reason, open for ms, probe in ms. */
export const PUT = `${NOW}
redis.call('HSET', KEYS[1], ARGV[1], (now - ARGV[3]) .. '|' .. (now + ARGV[4]) .. '|' .. ARGV[2])
redis.call('PUBLISH', KEYS[1], '')`;

/** KEYS: the board; ARGV: app id. */
export const REMOVE = `
if redis.call('HDEL', KEYS[1], ARGV[1]) == 1 then redis.call('PUBLISH', KEYS[1], '') end`;

/** KEYS: the board. Returns Redis's time and the whole board, field after value. */
export const READ = `${NOW}
return { now, redis.call('HGETALL', KEYS[1]) }`;

/** KEYS: an app's claim; ARGV: how long it lasts in ms. Returns 0 when it is granted, else the ms that another worker's claim still lasts. */
export const CLAIM = `
if redis.call('SET', KEYS[1], '', 'NX', 'PX', ARGV[1]) then return 0 end
return math.max(1, redis.call('PTTL', KEYS[1]))`;
