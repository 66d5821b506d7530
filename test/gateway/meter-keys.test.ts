import test from 'ava';
import type { Access } from '../../actors/access/index.ts';
import { OverloadedError, RefusedError } from '../../actors/errors/error.ts';
import type { MeterKeyLine } from '../../actors/meter-keys/index.ts';
import type { GatewayRequest } from '../../gateway/http/index.ts';
import { type MeterKeysDeps, meterKeysRoutes } from '../../gateway/ops/meter-keys.ts';
import { FakeClock } from '../support/fake-clock.ts';

const EK = '000102030405060708090A0B0C0D0E0F';
const HEADER = 'serial_number,encryption_key,authentication_key,client_title';

function desk(store: Partial<MeterKeysDeps['store']> = {}, clock = new FakeClock()) {
  const stored: MeterKeyLine[] = [];
  const routes = meterKeysRoutes({
    access: { authenticateToken: () => ({ kind: 'token', id: 't', owner: 'tester', scopes: new Set(['ops:read', 'ops:write']) }) } as unknown as Access,
    identity: { audit: { begin: async () => 'a', end: async () => {} } } as unknown as MeterKeysDeps['identity'],
    isSecure: () => true,
    failures: {} as never,
    clock,
    maxImportBytes: 1_000_000,
    canonicalOf: (address) => `tcp:${address}`,
    store: {
      import: async (lines) => {
        stored.push(...lines);
        return { created: lines.length, applied: lines.length };
      },
      list: async () => ({ items: [] }),
      remove: async () => {},
      ...store,
    },
  });
  const call = async (method: string, path: string, request: Partial<GatewayRequest>) => {
    const route = routes.find((known) => known.method === method && known.path === path);
    const given = {
      route: { method, path },
      body: new Uint8Array(0),
      headers: ['Bearer x'],
      query: '',
      params: [],
      source: () => 's',
      signal: () => new AbortController().signal,
      ...request,
    };
    return route!.handle(given as unknown as GatewayRequest);
  };
  const upload = async (text: string): Promise<string> => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(text);
    }
    const reply = await call('POST', '/ops/v1/imports/meter-keys', { chunks: chunks() } as Partial<GatewayRequest>);
    let report = '';
    if ('stream' in reply) for await (const part of reply.stream) report += part;
    return report;
  };
  return { call, upload, stored, clock };
}

test('an import stores good lines, names bad ones by line and rule, and shows no key', async (t) => {
  const { upload, stored } = desk();
  const report = await upload(`${HEADER}\n1,${EK},${EK},4D5752434C4E5431\n2,${EK},${EK}0,4D5752434C4E5431\n`);
  t.is(stored.length, 1);
  t.false(report.includes(EK));
  const lines = report
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  t.like(lines[0], { kind: 'refused', line: 3, field: 'authentication_key', rule: 'hex_of_16_octets' });
  t.like(lines.at(-1), { kind: 'done', lines: 2, applied: 1, refused: 1 });
});

test('a batch that the engine has no room for is stored later, with its keys', async (t) => {
  const clock = new FakeClock();
  let tries = 0;
  let key: number | undefined;
  const { upload } = desk(
    {
      import: async ([line]) => {
        tries += 1;
        key = line?.encryptionKey[1];
        for (const secret of [line?.encryptionKey, line?.authenticationKey]) secret?.fill(0);
        if (tries === 1) throw new OverloadedError('full', 1_000);
        return { created: 1, applied: 1 };
      },
    },
    clock,
  );
  const report = upload(`${HEADER}\n1,${EK},${EK},4D5752434C4E5431\n`);
  await clock.advance(1_000);
  t.regex(await report, /"applied":1/);
  t.is(tries, 2);
  t.is(key, 1);
});

test('keys are removed by the name of the meter, escapes taken out', async (t) => {
  const removed: string[] = [];
  const { call } = desk({
    remove: async (meter) => {
      removed.push(meter);
      if (meter === '') throw new RefusedError('no_such_meter_keys', 'meter: there are no keys for it');
    },
  });
  await call('DELETE', '/ops/v1/meter-keys/:meter', { params: ['address%3Atcp%3A10.0.0.1%3A4059'] });
  t.deepEqual(removed, ['address:tcp:10.0.0.1:4059']);
  await t.throwsAsync(call('DELETE', '/ops/v1/meter-keys/:meter', { params: ['%E0%A4%A'] }), { code: 'no_such_meter_keys' });
});
