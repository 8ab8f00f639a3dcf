import { describe, expect, it } from '@jest/globals';
import { headerOf, headersOf, RequestReader } from './request-reader.ts';

const request = (path: string, body: string): Buffer =>
  Buffer.from(`POST ${path} HTTP/1.1\r\nhost: a\r\nwebhook-id: evt_1\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);

const read = (reader: RequestReader, chunk: Buffer): string[] => reader.push(chunk).map(({ path, body }) => `${path} ${body.toString()}`);

describe('RequestReader', () => {
  it('reads several requests of one chunk', () => {
    expect(read(new RequestReader(), Buffer.concat([request('/a', '{}'), request('/b', '')]))).toEqual(['/a {}', '/b ']);
  });

  it('reads a request that comes byte by byte', () => {
    const reader = new RequestReader();
    const bytes = request('/a', '{"ö":1}');
    const requests = Array.from(bytes, (_, at) => read(reader, bytes.subarray(at, at + 1))).flat();
    expect(requests).toEqual(['/a {"ö":1}']);
  });

  it('keeps the beginning of the next request', () => {
    const reader = new RequestReader();
    const [first, second] = [request('/a', '1'), request('/b', '2')];
    expect(read(reader, Buffer.concat([first, second.subarray(0, 30)]))).toEqual(['/a 1']);
    expect(read(reader, second.subarray(30))).toEqual(['/b 2']);
  });

  it('refuses what webhooks do not have: no length, a head without an end', () => {
    expect(() => new RequestReader().push(Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'))).toThrow('content-length');
    expect(() => new RequestReader().push(Buffer.alloc(70_000, 'a'))).toThrow('without an end');
  });
});

describe('headers', () => {
  const head = Buffer.from('POST / HTTP/1.1\r\nhost: a:1\r\nwebhook-id: evt_1\r\nX-Last: z');

  it('are found one by one, the last one too, and not within others', () => {
    expect(headerOf(head, 'webhook-id')).toBe('evt_1');
    expect(headerOf(head, 'host')).toBe('a:1');
    expect(headerOf(head, 'X-Last')).toBe('z');
    expect(headerOf(head, 'id')).toBeUndefined();
  });

  it('are listed with names in lower case', () => {
    expect(headersOf(head)).toEqual({ host: 'a:1', 'webhook-id': 'evt_1', 'x-last': 'z' });
  });
});
