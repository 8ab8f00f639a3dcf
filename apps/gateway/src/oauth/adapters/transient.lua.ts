/** Keeps a payload for some seconds; `once`: unless one is kept. Returns whether it did. */
export const PUT = `
if ARGV[3] == 'once' and redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'payload', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
`;

/** Consumes what is kept. Returns whether it was there and nobody had. EXISTS first: HSETNX would make a key without an end. */
export const CONSUME = `
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
return redis.call('HSETNX', KEYS[1], 'consumed', ARGV[1])
`;
