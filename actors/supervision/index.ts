/** Supervision after OTP (architecture, section 3). */
export type { Running } from './life.ts';
export { type ChildHealth, type ChildSpec, type SuperviseOptions, type Supervision, supervise, supervised } from './supervise.ts';
