import test from 'ava';
import { banner } from '../../../ops/node/banner.ts';

const FACTS = {
  url: 'https://127.0.0.1:8443',
  httpUrl: undefined,
  natsUrl: 'nats://127.0.0.1:4222',
  dataDir: '/data',
  caFile: undefined,
  demo: undefined,
  market: undefined,
  meters: undefined,
  joinFile: undefined,
  readyMs: 1_234,
} as const;

test('the sign-in link is printed where there is one, and nothing about it where there is none', (t) => {
  const address = 'https://127.0.0.1:8443/extras/mts-api#link=abc';
  t.true(banner({ ...FACTS, signIn: address }).includes(`\n  ${address}\n`));
  t.false(banner(FACTS).includes('link'));
});
