/** Unit and integration tests lie beside what they test; the stores they need are started once for a run (libs/testkit). */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@hookwright/source', 'node', 'node-addons'] },
  testMatch: ['<rootDir>/{apps,libs,deploy,tools,bench,e2e}/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/', '/.hookwright/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  transformIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/libs/testkit/src/jest/global-setup.ts',
  globalTeardown: '<rootDir>/libs/testkit/src/jest/global-teardown.ts',
  testTimeout: 60_000,
  maxWorkers: 2,
};
