import { create } from '@bufbuild/protobuf';
import { GetSigningSecretsResponseSchema, Scheme } from '@hookwright/contracts';
import { expect, it } from '@jest/globals';
import { VaultQuestions } from './vault-questions.ts';

it('asks for many apps at once, at most two hundred, and tells each its own', async () => {
  const asked: number[] = [];
  const questions = new VaultQuestions({
    getSigningSecrets: ({ appIds = [] }) => {
      asked.push(appIds.length);
      const apps = appIds.map((appId) =>
        appId === 'app_7'
          ? { appId, fault: 'a secret of it cannot be decrypted' }
          : { appId, secrets: [{ id: `sec of ${appId}`, scheme: Scheme.V1 }] },
      );
      return Promise.resolve(create(GetSigningSecretsResponseSchema, { apps }));
    },
  });
  const apps = Array.from({ length: 500 }, (_, number) => `app_${number}`);
  const answers = await Promise.allSettled(apps.map((appId) => questions.secretsOf(appId)));
  expect(asked).toEqual([1, 200, 200, 99]);
  answers.forEach((answer, number) => {
    if (number === 7) expect(answer).toMatchObject({ status: 'rejected', reason: { message: 'a secret of it cannot be decrypted' } });
    else expect(answer).toMatchObject({ status: 'fulfilled', value: [{ id: `sec of app_${number}` }] });
  });
});
