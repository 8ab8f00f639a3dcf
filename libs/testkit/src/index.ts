export { freePort } from '@hookwright/local';
export { createDatabase, type TestDatabase } from './databases.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export { MerchantBrowser, type MerchantBrowserOptions, type Submission, type Visit } from './merchant-browser.ts';
export { type Services, type ServicesOptions, startServices } from './services.ts';
export { type RestartableBroker, restartableBroker } from './restartable-broker.ts';
export { createTopics, startStores, type Stores, useStores } from './stores.ts';
export { type CertificateRequest, type IssuedCertificate, TestAuthority } from './test-authority.ts';
export { uniqueName } from './unique-name.ts';
