export { type CopyPorts, type CopyResult, copyToMongo, refuseDifferent } from './copy.ts';
export type { Compared } from './verify.ts';
