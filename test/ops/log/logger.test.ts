import test from 'ava';
import { createLogger } from '../../../ops/log/index.ts';

function capture(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ level }, { write: (line: string) => void lines.push(line) });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

test('a line is one JSON object with level, time and text', (t) => {
  const { logger, last } = capture();
  logger.info({ mpan: '1234567890123' }, 'appointed');
  t.like(last(), { level: 'info', msg: 'appointed', mpan: '1234567890123', pid: process.pid });
  t.regex(String(last().time), /^\d{4}-\d\d-\d\dT/);
});

test('lines below the level are not written', (t) => {
  const { logger, lines } = capture();
  logger.debug({}, 'detail');
  t.is(lines.length, 0);
});

test('secrets are masked at the top and three levels down, also in a child logger', (t) => {
  const { logger, lines } = capture();
  const secret = 'do-not-print';
  logger.warn({ password: secret }, 'a');
  logger.warn({ nats: { pass: secret, user: 'engine' } }, 'b');
  logger.warn({ request: { headers: { 'x-api-key': secret, authorization: secret } } }, 'c');
  logger.child({ token: secret }).warn({ demo: { apiKey: secret } }, 'd');
  t.is(lines.length, 4);
  t.false(lines.join('').includes(secret));
  t.true(lines[1]?.includes('engine'));
});

test('an error is written with its text and its code', (t) => {
  const { logger, last } = capture();
  logger.error({ err: Object.assign(new Error('broken'), { code: 'x' }) }, 'failed');
  t.like(last().err as Record<string, unknown>, { message: 'broken', code: 'x' });
});
