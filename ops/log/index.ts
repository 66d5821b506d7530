export { createLogger, type Logger } from './logger.ts';
export { type LogOptions, LogOptionsSchema } from './options.ts';
