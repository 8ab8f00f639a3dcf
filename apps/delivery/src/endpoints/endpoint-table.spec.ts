import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { type EndpointSnapshot, EndpointSnapshotSchema } from '@hookwright/contracts';
import { EndpointTable } from './endpoint-table.ts';

function bytes(appId: string, change: Partial<EndpointSnapshot> = {}): Buffer {
  const snapshot = create(EndpointSnapshotSchema, { appId, url: `https://${appId}.example/é`, revision: 1n });
  return Buffer.from(toBinary(EndpointSnapshotSchema, { ...snapshot, ...change }));
}

describe('EndpointTable', () => {
  it('knows each endpoint as it was last announced, however many there are', () => {
    const table = new EndpointTable();
    const appIds = Array.from({ length: 10_010 }, (_, n) => `app_${n}`);
    for (const appId of appIds) table.apply(appId, bytes(appId));
    for (const appId of [...appIds, ...appIds]) expect(table.of(appId)?.url).toBe(`https://${appId}.example/é`);
    table.apply('app_7', bytes('app_7', { url: 'https://new.example' }));
    expect(table.of('app_7')?.url).toBe('https://new.example');
    table.apply('app_7', null);
    expect([table.of('app_7'), table.size]).toEqual([undefined, 10_009]);
  });

  it('tells what an endpoint is and what it was', () => {
    const table = new EndpointTable();
    const told: (string | undefined)[][] = [];
    table.onChange((_appId, endpoint, previous) => told.push([endpoint?.url, previous?.url]));
    table.apply('app_1', bytes('app_1', { url: 'https://one.example' }));
    table.apply('app_1', bytes('app_1', { url: 'https://two.example' }));
    table.apply('app_1', null);
    expect(told).toEqual([
      ['https://one.example', undefined],
      ['https://two.example', 'https://one.example'],
      [undefined, 'https://two.example'],
    ]);
  });

  it('holds a gone endpoint for gone until a newer revision comes', () => {
    const table = new EndpointTable();
    table.apply('app_1', bytes('app_1'));
    const endpoint = table.of('app_1')!;
    expect([table.markGone(endpoint), table.markGone(endpoint), table.isGone('app_1')]).toEqual([true, false, true]);
    table.apply('app_1', bytes('app_1', { revision: 2n }));
    expect([table.isGone('app_1'), table.markGone(endpoint)]).toEqual([false, false]);
  });
});
