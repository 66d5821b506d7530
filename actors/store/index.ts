export type { StoreFaults } from './faults.ts';
export { openStore } from './open.ts';
export { type StoreOptions, StoreOptionsSchema } from './options.ts';
export type * from './store.ts';
