import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { type EndpointSnapshot, EndpointSnapshotSchema, EventSource, Mode } from '@hookwright/contracts';
import { AppIndex } from './app-index.ts';
import { EndpointTable } from './endpoint-table.ts';

function endpoint(appId: string, enabledEvents: string[]): EndpointSnapshot {
  return create(EndpointSnapshotSchema, { appId, mode: Mode.LIVE, eventSources: [EventSource.INSTALLED_MERCHANTS], enabledEvents });
}

describe('EndpointTable', () => {
  it('keeps the newest snapshot of each app', () => {
    const table = new EndpointTable(new AppIndex());
    table.put(endpoint('app_1', ['order.created']));
    table.put(endpoint('app_1', ['order.updated']));
    expect(table.size).toBe(1);
    expect(table.of('app_1')?.enabledEvents.has('order.created')).toBe(false);
    expect(table.of('app_1')?.enabledEvents.has('order.updated')).toBe(true);
  });

  it('knows which sources an endpoint chose', () => {
    const table = new EndpointTable(new AppIndex());
    table.put(endpoint('app_1', []));
    expect(table.of('app_1')).toMatchObject({ takesAppEvents: false, takesMerchantEvents: true, mode: Mode.LIVE });
  });

  it('forgets an app whose endpoint was removed, and takes it back', () => {
    const table = new EndpointTable(new AppIndex());
    table.put(endpoint('app_1', ['*']));
    table.remove('app_1');
    table.remove('app_1');
    table.remove('app_unknown');
    expect(table.size).toBe(0);
    expect(table.of('app_1')).toBeUndefined();
    table.put(endpoint('app_1', ['*']));
    expect(table.size).toBe(1);
  });

  it('finds apps by number, also those that have installations and no endpoint', () => {
    const apps = new AppIndex();
    const table = new EndpointTable(apps);
    const without = apps.numberOf('app_without');
    table.put(endpoint('app_with', ['*']));
    expect(table.at(without)).toBeUndefined();
    expect(table.at(apps.numberOf('app_with'))).toBe(table.of('app_with'));
  });
});
