/** What docs/webhook.md tells a receiver to do is right. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { makeWebhookSecret, signDelivery } from '../../../actors/webhook/index.ts';

const page = readFileSync(new URL('../../../docs/webhook.md', import.meta.url), 'utf8');
const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];

test('the ten lines that verify a delivery take ours, and nothing that was changed, is old, or is signed by another', async (t) => {
  const { isOurs } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { isOurs(headers: object, body: string, secret: string): boolean };
  const [old, secret, foreign] = [1, 2, 3].map((fill) => makeWebhookSecret({ bytes: (count) => new Uint8Array(count).fill(fill) })) as [string, string, string];
  const body = '{"request_status":"Success","text":"é"}';
  const headers = signDelivery('appointment:a/9/4', Date.now(), body, [secret, old]);
  t.true(isOurs(headers, body, secret));
  t.true(isOurs(headers, body, old));
  t.false(isOurs(headers, body, foreign));
  t.false(isOurs(headers, `${body} `, secret));
  t.false(isOurs({ ...headers, 'webhook-id': 'appointment:b/9/4' }, body, secret));
  t.false(isOurs(signDelivery('a/1/0', Date.now() - 600_000, body, [secret]), body, secret));
});

test('a signature is the one of the standard’s own example', (t) => {
  const headers = signDelivery('msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_000, '{"test": 2432232314}', ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']);
  t.is(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});
