/**
 * Which room may import which, and what the pure rooms may not call. The directions are those of the architecture:
 * gateway → actors → machines, actors → workers, ops → all, test → all.
 */
export type Room = 'machines' | 'actors' | 'workers' | 'workers/codec' | 'gateway' | 'gateway/web/client' | 'ops' | 'test';

export const ROOMS: readonly Room[] = ['machines', 'actors', 'workers', 'gateway', 'ops', 'test'];

/** Rooms that a room may import besides itself. */
export const MAY_IMPORT: Readonly<Record<Room, readonly Room[]>> = {
  machines: [],
  'workers/codec': [],
  workers: ['workers/codec'],
  actors: ['machines', 'workers', 'workers/codec'],
  gateway: ['actors', 'machines'],
  'gateway/web/client': [],
  ops: ['machines', 'actors', 'workers', 'workers/codec', 'gateway'],
  test: ['machines', 'actors', 'workers', 'workers/codec', 'gateway', 'gateway/web/client', 'ops'],
};

/** Rooms whose types a room may name besides: contracts, of which nothing is left in what runs. */
export const MAY_NAME: Partial<Readonly<Record<Room, readonly Room[]>>> = { 'gateway/web/client': ['gateway', 'actors', 'machines'] };

/** Packages that a room may use; a room that is not named may use all. Machines do nothing, so they need nothing of Node; what runs in browsers has no Node. */
export const MAY_USE: Partial<Readonly<Record<Room, readonly string[]>>> = { machines: ['xstate'], 'gateway/web/client': ['preact'] };

/** Rooms in which time, timers and random numbers come through ports only. */
export const PORTS_ONLY: readonly Room[] = ['machines', 'actors'];

/** Adapters at the very edge of those rooms, which schedule I/O themselves. */
export const PORTS_ONLY_EXCEPT: readonly string[] = ['actors/store/lmdb/', 'actors/store/mongodb/'];

/** What must come through a port, and from which one. Patterns see code without comments and strings. */
export const FORBIDDEN: readonly { readonly pattern: RegExp; readonly what: string; readonly port: string }[] = [
  { pattern: /\bDate\s*\.\s*now\b/g, what: 'Date.now', port: 'Clock' },
  { pattern: /\bnew\s+Date\b(?!\s*\(\s*[^\s)])/g, what: 'new Date without an argument', port: 'Clock' },
  { pattern: /(?<!\bnew\s+|[.\w$])Date\s*\(/g, what: 'Date()', port: 'Clock' },
  { pattern: /(?<!\.\s*)\b(?:setTimeout|setInterval|setImmediate)\b/g, what: 'setTimeout, setInterval, setImmediate', port: 'Clock' },
  { pattern: /\bglobalThis\s*\.\s*(?:setTimeout|setInterval|setImmediate)\b/g, what: 'setTimeout, setInterval, setImmediate', port: 'Clock' },
  { pattern: /\bperformance\s*\.\s*now\b/g, what: 'performance.now', port: 'Clock' },
  { pattern: /\bprocess\s*\.\s*hrtime\b/g, what: 'process.hrtime', port: 'Clock' },
  { pattern: /\bAbortSignal\s*\.\s*timeout\b/g, what: 'AbortSignal.timeout', port: 'Clock' },
  { pattern: /\bMath\s*\.\s*random\b/g, what: 'Math.random', port: 'Random' },
  { pattern: /\brandomUUID\b/g, what: 'randomUUID', port: 'Ids' },
];

/** Modules that are only there to get at those. */
export const FORBIDDEN_MODULES: readonly string[] = ['timers', 'timers/promises', 'node:timers', 'node:timers/promises', 'perf_hooks', 'node:perf_hooks'];

/** The room of a file, by its path from the project's folder; undefined outside the rooms. */
export function roomOf(path: string): Room | undefined {
  if (path.startsWith('workers/codec/')) return 'workers/codec';
  if (path.startsWith('gateway/web/client/')) return 'gateway/web/client';
  return ROOMS.find((room) => path.startsWith(`${room}/`));
}

/** Functions of `uuid` that read the clock or random numbers; those that make an id of a name (v3, v5) are pure. */
export const UUID_FROM_CLOCK = /\bv[1467]\b|\*/;
