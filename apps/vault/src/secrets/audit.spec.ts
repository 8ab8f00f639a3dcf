import { fromBinary } from '@bufbuild/protobuf';
import { type AuditEntry, AuditEntrySchema, newId, TOPICS } from '@hookwright/contracts';
import { withActor } from '@hookwright/runtime';
import { eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Announced } from '../spec/announced.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

let setting: Setting;
let published: Announced;

const entriesOf = (appId: string): AuditEntry[] =>
  published.all.filter(([key]) => key === appId).map(([, value]) => fromBinary(AuditEntrySchema, value!));

beforeAll(async () => {
  setting = await startSetting();
  published = new Announced(setting.brokers, TOPICS.audit);
  await published.start();
});

afterAll(async () => {
  await published.stop();
  await setting.stop();
});

describe('a change of secrets', () => {
  it('is told with who made it, and without a secret', async () => {
    const { secrets } = setting.vault;
    const appId = newId('app');
    const first = await withActor({ kind: 'partner', id: 'key_1', requestId: 'req_1' }, () => secrets.create({ appId }));
    const actor = { kind: 'partner', id: 'key_2', requestId: 'req_2' } as const;
    const second = await withActor(actor, () => secrets.rotate({ appId, overlapSeconds: 60, force: false, reason: 'leaked' }));
    await withActor(actor, () => secrets.revoke(appId, first.info.id));
    await secrets.erase(appId);
    await secrets.erase(appId);
    await eventually(() => expect(entriesOf(appId)).toHaveLength(4));
    expect(entriesOf(appId)).toMatchObject([
      { actorKind: 'partner', actorId: 'key_1', requestId: 'req_1', action: 'secret.created', target: first.info.id },
      { actorId: 'key_2', action: 'secret.rotated', target: second.info.id },
      { actorId: 'key_2', action: 'secret.revoked', target: first.info.id },
      { actorKind: 'system', actorId: 'hookwright', requestId: '', action: 'secrets.erased', target: appId },
    ]);
    const details: unknown = JSON.parse(entriesOf(appId)[1]!.details);
    expect(details).toEqual({ previous_secret_id: first.info.id, overlap_seconds: 60, force: false, reason: 'leaked' });
    const text = JSON.stringify(entriesOf(appId), (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    for (const { secret } of [first, second]) expect(text).not.toContain(secret.slice(6, 20));
  });

  it('that is refused is not told', async () => {
    const { secrets } = setting.vault;
    const appId = newId('app');
    const { info } = await secrets.create({ appId });
    await expect(secrets.revoke(appId, info.id)).rejects.toMatchObject({ code: 'last_secret' });
    await secrets.rotate({ appId, overlapSeconds: 60, force: false });
    await expect(secrets.rotate({ appId, overlapSeconds: 60, force: false })).rejects.toMatchObject({ code: 'rotation_in_progress' });
    await eventually(() => expect(entriesOf(appId).map(({ action }) => action)).toEqual(['secret.created', 'secret.rotated']));
  });
});
