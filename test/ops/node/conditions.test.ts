import test from 'ava';
import { conditions } from '../../../ops/node/conditions.ts';
import { FakeClock } from '../../support/fake-clock.ts';

type Parts = Parameters<typeof conditions>[0];

function condition(code: string, change: Partial<Parts> = {}) {
  const parts: Parts = {
    store: { health: async () => ({ writable: true, text: '' }), outboxSize: async () => 0 } as unknown as Parts['store'],
    bus: { connected: true, problem: null, listenerProblem: null } as unknown as Parts['bus'],
    engine: { backlog: () => [] } as unknown as Parts['engine'],
    dipTrouble: () => null,
    lines: () => [],
    clock: new FakeClock(),
    certificates: [],
    ...change,
  };
  return conditions(parts).find((one) => one.code === code)!;
}

test('a healthy installation has no condition', async (t) => {
  for (const code of ['disk_reserve', 'bus_away', 'nats_listener_rights', 'dip_outage', 'outbox_stuck', 'certificate_expiring', 'certificate_expired'])
    t.is(await condition(code).look(), null, code);
});

test('a store that takes nothing, a bus that is away and a DIP in trouble say why', async (t) => {
  const store = { health: async () => ({ writable: false, text: 'below the reserve' }), outboxSize: async () => 0 } as unknown as Parts['store'];
  t.is(await condition('disk_reserve', { store }).look(), 'below the reserve');
  const bus = { connected: false, problem: 'refused' } as unknown as Parts['bus'];
  t.is(await condition('bus_away', { bus }).look(), 'NATS: refused');
  const loose = { connected: true, problem: null, listenerProblem: 'nats.listener: must not' } as unknown as Parts['bus'];
  t.is(await condition('nats_listener_rights', { bus: loose }).look(), 'nats.listener: must not');
  t.is(await condition('dip_outage', { dipTrouble: () => 'no answer' }).look(), 'no answer');
});

test('a channel that holds effects and handled none between two looks is stuck', async (t) => {
  let handled = 1;
  const engine = { backlog: () => [{ channel: 'dip', inMemory: 5, handled }] } as unknown as Parts['engine'];
  const stuck = condition('outbox_stuck', { engine });
  t.is(await stuck.look(), null);
  t.is(await stuck.look(), 'nothing moves in dip (5 wait)');
  handled = 2;
  t.is(await stuck.look(), null);
});
