/** Secrets planted in a whole installation, everything driven, and all places in which one could have been left. */
export { type Driven, drive } from './drive.ts';
export { type Gathered, gather } from './gather.ts';
export { Plants } from './plants.ts';
export { PlantedWorld, type Seen } from './world.ts';
