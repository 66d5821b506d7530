export type { StoreFaults } from './faults.ts';
export { MemoryDisk, type MemoryStoreOptions, openMemoryStore } from './memory/memory-store.ts';
export { openStore } from './open.ts';
export { type StoreOptions, StoreOptionsSchema } from './options.ts';
export type * from './store.ts';
