import test, { type ExecutionContext } from 'ava';
import type { LinkCommand, LinkInput, LinkMachine } from '../../../../workers/codec/common/index.ts';
import { decodeHdlcFrame, HdlcClientLink, type HdlcServerCommand, HdlcServerLink, ModeEClient, ModeEServer } from '../../../../workers/codec/hdlc/index.ts';
import fc from '../../../support/fc.ts';
import { draw } from './bench-side.ts';

const payload = fc.uint8Array({ maxLength: 40 });
const number = fc.integer({ min: 0, max: 7 });
const hex = fc.constantFrom('', ' E6E600C0', ' 81800C050105060105070103080103', ' 828000');
const text = fc.oneof(
  fc.tuple(fc.constantFrom('I', 'I+'), number, number, fc.constantFrom('', ' P'), hex).map(([type, ns, nr, p, info]) => `${type} ${ns} ${nr}${p}${info}`),
  fc.tuple(fc.constantFrom('RR', 'RNR'), number, fc.constantFrom('', ' P')).map(([type, nr, p]) => `${type} ${nr}${p}`),
  fc.tuple(fc.constantFrom('SNRM', 'UA', 'DISC', 'DM', 'FRMR', 'UI'), fc.constantFrom('', ' P'), hex).map(([type, p, info]) => `${type}${p}${info}`),
);
const octetsFrom = (side: 'client' | 'server') =>
  fc
    .oneof(
      { weight: 6, arbitrary: text.map((frame) => draw(frame, side)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }) },
      { weight: 1, arbitrary: fc.constantFrom('/?!\r\n', '/LGZ5\\2ZMD\r\n', '\x06252\r\n').map((line) => new TextEncoder().encode(line)) },
    )
    .map((octets) => ({ type: 'octets', octets }) as const);

const clientInput: fc.Arbitrary<LinkInput<LinkCommand>> = fc.oneof(
  octetsFrom('server'),
  fc.constant({ type: 'time' } as const),
  fc
    .oneof(
      fc.constantFrom({ type: 'open' } as const, { type: 'close' } as const),
      fc.record({ type: fc.constant('request' as const), payload, volatile: fc.boolean() }),
      fc.record({ type: fc.constant('fresh' as const), payload }),
    )
    .map((command) => ({ type: 'command', command }) as const),
);
const serverInput: fc.Arbitrary<LinkInput<HdlcServerCommand>> = fc.oneof(
  octetsFrom('client'),
  fc.constant({ type: 'time' } as const),
  fc
    .oneof(
      fc.record({ type: fc.constant('reply' as const), payload }),
      fc.record({ type: fc.constant('busy' as const), on: fc.boolean() }),
      fc.constant({ type: 'disconnect' } as const),
    )
    .map((command) => ({ type: 'command', command }) as const),
);

/** Steps never throw, send whole frames, and never ask to be called again at once. */
function drive<Command, Event>(t: ExecutionContext, machine: LinkMachine<Command, Event>, inputs: readonly (readonly [LinkInput<Command>, number])[]): void {
  let nowMs = 0;
  for (const [input, pauseMs] of inputs) {
    nowMs += pauseMs;
    const { send, deadlineMs } = machine.step(input, nowMs);
    t.true(deadlineMs === null || deadlineMs > nowMs);
    for (const octets of send) t.true(octets[0] !== 0x7e || decodeHdlcFrame(octets).kind === 'good');
  }
}

const pause = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 }));
const METER = { identification: { manufacturer: 'LGZ', baudChar: '5', enhanced: ['2'], identification: 'ZMD' } };

test('a client link copes with any frames, octets, times and commands', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(clientInput, pause), { maxLength: 40 }), (inputs) => {
      drive(t, new HdlcClientLink({ parameters: { windowTransmit: 3, windowReceive: 3, maxInfoTransmit: 10 } }), inputs);
      drive(t, new ModeEClient(), inputs);
    }),
    { numRuns: 1000 },
  );
});

test('a meter link copes with any frames, octets, times and commands', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(serverInput, pause), { maxLength: 40 }), (inputs) => {
      drive(t, new HdlcServerLink({ parameters: { windowTransmit: 3, windowReceive: 3, maxInfoTransmit: 10 } }), inputs);
      drive(t, new ModeEServer(METER), inputs);
    }),
    { numRuns: 1000 },
  );
});
