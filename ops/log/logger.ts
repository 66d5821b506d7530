/** Structured logs: one JSON object a line on standard error. Standard output belongs to what people asked for. */
import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';
import type { Log } from '../../actors/engine/ports.ts';
import type { LogOptions } from './options.ts';

const CENSOR = '[secret]';

/** Names of fields that carry secrets, wherever they stand, down to three levels. The code does not log them; this is the second line. */
const SECRET_FIELDS = [
  'apiKey',
  'authorization',
  'cookie',
  'credentials',
  'keyPem',
  'link',
  'pass',
  'password',
  'passwords',
  'pepper',
  'privateKey',
  'secret',
  'secrets',
  'sessionKey',
  'set-cookie',
  'signature',
  'token',
  'x-api-key',
  'x-mw-session',
];

const REDACT_PATHS = SECRET_FIELDS.flatMap((name) => ['', '*.', '*.*.'].map((prefix) => `${prefix}["${name}"]`.replace('.[', '[')));

export interface Logger extends Log {
  /** A logger that adds these fields to every line. */
  child(fields: object): Logger;
  flush(): void;
}

/** Makes the logger. Lines are written at once when a `stream` is given (tests), else buffered a little off the hot path. */
export function createLogger(
  options: LogOptions,
  stream: DestinationStream = destination({ dest: 2, sync: false, minLength: 4_096, periodicFlush: 250 }),
): Logger {
  const base = pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACT_PATHS, censor: CENSOR },
    },
    stream,
  );
  return wrap(base);
}

function wrap(base: import('pino').Logger): Logger {
  return {
    debug: (fields, text) => base.debug(fields, text),
    info: (fields, text) => base.info(fields, text),
    warn: (fields, text) => base.warn(fields, text),
    error: (fields, text) => base.error(fields, text),
    child: (fields) => wrap(base.child(fields)),
    flush: () => base.flush(),
  };
}
