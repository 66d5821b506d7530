import test from 'ava';
import { Default } from 'typebox/value';
import { LinePool, type LinesOptions, LinesOptionsSchema } from '../../../actors/line/index.ts';
import { parseRemoteAddress } from '../../../actors/link/index.ts';
import { createClassOf, Slots, slotLimits } from '../../../actors/time-update/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/real-ports.ts';

const line = (id: string, group: string, dialogue: 'at' | 'x28') => ({ id, group, dialogue, kind: 'tcp', host: '127.0.0.1', port: 1 });

/** The class of an address on a node with these lines, and how many slots it has. */
function slotsOf(lines: object): (remoteAddress: string) => readonly [name: string, limit: number] {
  const options = Default(LinesOptionsSchema, lines) as LinesOptions;
  const clock = new FakeClock();
  const pool = new LinePool(options, { clock, log: keptLog() });
  const classOf = createClassOf((address) => pool.groupOf(address));
  const slots = new Slots({ clock, limits: slotLimits(5_000, options), perSecond: 0, maxWaiting: 1, reservedMs: 1 });
  return (remoteAddress) => {
    const address = parseRemoteAddress(remoteAddress);
    if (address.kind === 'refused') throw new Error(address.error);
    const name = classOf({ canonicalAddress: address.canonical });
    return [name, slots.limit(name)];
  };
}

test('every kind of remote address has the slots of what reaches it', (t) => {
  const modems = [line('a', 'default', 'at'), line('b', 'default', 'at'), line('c', 'north', 'at'), line('d', 'pads', 'x28'), line('e', 'pads', 'x28')];
  const of = slotsOf({ modems, routes: [{ numbers: '0161*', group: 'north' }] });
  t.deepEqual(['10.0.0.1:4059', 'meter.example:4059', '[2001:db8::1]:4059', '07700900001', '+44 161 496 0000', 'PAKNET:23530001'].map(of), [
    ['tcp', 5_000],
    ['tcp', 5_000],
    ['tcp', 5_000],
    ['modem:default', 2],
    ['modem:north', 1],
    ['pad:pads', 2],
  ]);
});

test('without a line that reaches it an address has no slot, also where lines of the other kind have the name of its group', (t) => {
  t.deepEqual(['07700900001', 'PAKNET:23530001'].map(slotsOf({})), [
    ['modem:default', 0],
    ['pad:paknet', 0],
  ]);
  t.deepEqual(slotsOf({ modems: [line('a', 'default', 'x28')] })('07700900001'), ['modem:default', 0]);
  t.deepEqual(slotsOf({ modems: [line('a', 'paknet', 'at')] })('PAKNET:23530001'), ['pad:paknet', 0]);
});
