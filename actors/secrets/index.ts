/** Secrets at rest. */
export { createSealer, type Sealer } from './sealer.ts';
