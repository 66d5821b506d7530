export { type LendingOptions, LendingOptionsSchema } from './lending-options.ts';
export type { LineState, LineView } from './line.ts';
export type { LineSetup } from './line-setup.ts';
export type { ModemLink } from './modem-link.ts';
export { type LineOptions, LineSchema, type LinesOptions, LinesOptionsSchema, lineProblems } from './options.ts';
export { createLineOpener, type GroupLoad, LinePool, type LinePoolPorts, type ReserveRequest } from './pool.ts';
export { openLinePort } from './ports.ts';
export { createRoutes, DEFAULT_GROUP, type RoutedAddress } from './routes.ts';
