import test from 'ava';
import { HlsClient, HlsServer, type HlsSide, hlsAnswer, hlsCheck } from '../../../../workers/codec/security/index.ts';
import fc from '../../../support/fc.ts';
import { ascii, CLIENT_TITLE, keysOf, SERVER_TITLE } from './material.ts';

const MECHANISMS = [2, 3, 4, 5, 6] as const;

function sides(mechanism: number, changes: Partial<HlsSide> = {}): { readonly client: HlsSide; readonly server: HlsSide } {
  const shared = { mechanism, secret: ascii('1234567'), keys: keysOf(0), ...changes };
  return {
    client: { ...shared, challenge: ascii('8B729272'), systemTitle: CLIENT_TITLE },
    server: { ...shared, challenge: ascii('52F959F4'), systemTitle: SERVER_TITLE },
  };
}

for (const mechanism of MECHANISMS) {
  test(`HLS ${mechanism}: four passes between sides with different titles`, (t) => {
    const { client, server } = sides(mechanism);
    const one = new HlsClient(client);
    const other = new HlsServer(server, client);
    const third = one.pass3(server, 77);
    t.is(third.kind, 'good');
    if (third.kind !== 'good') return;
    t.like(other.pass3(third.octets), { kind: 'good', value: { mechanism } });
    const fourth = other.pass4(5);
    t.is(fourth.kind, 'good');
    if (fourth.kind !== 'good') return;
    const proof = one.pass4(fourth.octets);
    t.like(proof, { kind: 'good', value: mechanism === 5 ? { mechanism, invocationCounter: 5 } : { mechanism } });
    t.true(one.done && other.done);
  });

  test(`HLS ${mechanism}: a changed octet is refused, for good`, (t) => {
    const { client, server } = sides(mechanism);
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const third = hlsAnswer(client, server, 77);
        if (third.kind !== 'good') return false;
        const other = new HlsServer(server, client);
        const changed = third.octets.map((octet, index) => (index === place % third.octets.length ? octet ^ flip : octet));
        const refused = other.pass3(changed);
        return refused.kind === 'bad' && other.pass3(third.octets).kind === 'bad' && other.pass4(1).kind === 'bad' && !other.done;
      }),
    );
    t.pass();
  });

  test(`HLS ${mechanism}: another secret or key is refused`, (t) => {
    const { client, server } = sides(mechanism);
    const { client: liar } = sides(mechanism, { secret: ascii('7654321'), keys: { ...keysOf(0), authenticationKey: new Uint8Array(16) } });
    const third = hlsAnswer(liar, server, 77);
    t.is(third.kind, 'good');
    if (third.kind === 'good') t.like(hlsCheck(server, client, third.octets), { kind: 'bad', error: { code: 'bad_tag' } });
  });

  test(`HLS ${mechanism}: the client's own answer sent back is refused`, (t) => {
    const { client, server } = sides(mechanism);
    const one = new HlsClient(client);
    const third = one.pass3(server, 77);
    t.is(third.kind, 'good');
    if (third.kind === 'good') t.is(one.pass4(third.octets).kind, 'bad');
    t.false(one.done);
  });

  test(`HLS ${mechanism}: an answer that is empty, short or long is refused`, (t) => {
    const { client, server } = sides(mechanism);
    const answer = hlsAnswer(server, client, 1);
    t.is(answer.kind, 'good');
    if (answer.kind !== 'good') return;
    for (const other of [new Uint8Array(0), answer.octets.subarray(1), Uint8Array.of(...answer.octets, 0)]) t.is(hlsCheck(client, server, other).kind, 'bad');
  });

  test(`HLS ${mechanism}: without its secret or keys it tells what is missing`, (t) => {
    const { client, server } = sides(mechanism);
    const bare: HlsSide = { mechanism, challenge: client.challenge, systemTitle: CLIENT_TITLE };
    t.like(hlsAnswer(bare, server, 1), { kind: 'bad', error: { code: 'missing_key' } });
    t.like(hlsCheck(bare, server, new Uint8Array(17).fill(0x10)), { kind: 'bad' });
  });
}

test('HLS 5 and 6 need the titles of both sides', (t) => {
  for (const mechanism of [5, 6]) {
    const { client, server } = sides(mechanism);
    const { systemTitle: _, ...untitled } = client;
    t.like(hlsAnswer(untitled, server, 1), { kind: 'bad', error: { code: 'missing_key' } });
    const answer = hlsAnswer(client, server, 1);
    if (answer.kind === 'good') t.like(hlsCheck(server, untitled, answer.octets), { kind: 'bad', error: { code: 'missing_key' } });
  }
});

test('HLS 5 works in every suite and needs a counter', (t) => {
  for (const suite of [0, 1, 2] as const) {
    const { client, server } = sides(5, { suite, keys: keysOf(suite) });
    const answer = hlsAnswer(client, server, 9);
    t.true(answer.kind === 'good' && hlsCheck(server, client, answer.octets).kind === 'good');
  }
  const { client, server } = sides(5);
  t.like(hlsAnswer(client, server), { kind: 'bad', error: { rule: 'invocationCounter: needed by HLS 5' } });
});

test('a peer that mirrors our challenge is refused', (t) => {
  const { client, server } = sides(3);
  t.like(new HlsClient(client).pass3({ ...server, challenge: client.challenge }), { kind: 'bad', error: { code: 'bad_value' } });
});

test('challenges have 8 to 64 octets', (t) => {
  const { client, server } = sides(3);
  for (const length of [0, 7, 65]) t.like(hlsAnswer(client, { ...server, challenge: new Uint8Array(length) }), { kind: 'bad', error: { code: 'bad_value' } });
  for (const length of [8, 64]) t.is(hlsAnswer(client, { ...server, challenge: new Uint8Array(length) }).kind, 'good');
});

test('mechanism 7 is unsupported, 0 and 1 have no four passes', (t) => {
  for (const [mechanism, code] of [
    [7, 'unsupported'],
    [0, 'bad_value'],
    [1, 'bad_value'],
    [8, 'bad_value'],
  ] as const) {
    const { client, server } = sides(mechanism);
    t.like(new HlsClient(client).pass3(server), { kind: 'bad', error: { code } });
    t.like(new HlsServer(server, client).pass3(new Uint8Array(16)), { kind: 'bad', error: { code } });
  }
});

test('passes out of order are refused', (t) => {
  const { client, server } = sides(3);
  t.is(new HlsClient(client).pass4(new Uint8Array(16)).kind, 'bad');
  t.is(new HlsServer(server, client).pass4().kind, 'bad');
  const one = new HlsClient(client);
  t.is(one.pass3(server).kind, 'good');
  t.is(one.pass3(server).kind, 'bad');
});

test('no error tells the secret', (t) => {
  const secret = ascii('HUNTER2');
  for (const mechanism of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const { client, server } = sides(mechanism, { secret, keys: { encryptionKey: secret, authenticationKey: secret } });
    const short = { ...server, challenge: new Uint8Array(1) };
    for (const outcome of [hlsAnswer(client, server, 1), hlsAnswer(client, short, 1), hlsCheck(client, server, new Uint8Array(17).fill(0x10))]) {
      if (outcome.kind === 'bad') t.notRegex(JSON.stringify(outcome), /HUNTER2|48554E54|72,85,78/i);
    }
  }
  t.pass();
});
