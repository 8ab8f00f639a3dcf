import { endKeeper } from './running-keeper.ts';

export default async function tearDown(): Promise<void> {
  await endKeeper();
}
