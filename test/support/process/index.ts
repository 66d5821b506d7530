export { chanceOf, seedOfRun } from './chance.ts';
export { call } from './http.ts';
export { BRISK, Installation } from './installation.ts';
export { type KillRounds, killRounds } from './kill-rounds.ts';
export { Market } from './market.ts';
export type { Why } from './operator.ts';
export { type Ended, launchProgram, run } from './program.ts';
export { appointment, day, type Entry, type Scenario, Supplier } from './supplier.ts';
export { until } from './until.ts';
