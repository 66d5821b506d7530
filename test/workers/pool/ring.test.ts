import test from 'ava';
import { Ring, type Slot } from '../../../workers/pool/ring.ts';
import fc from '../../support/fc.ts';

test('a slot is as many neighbouring units as its octets need', (t) => {
  const ring = new Ring(4, 1_024);
  t.deepEqual(ring.take(1), { at: 0, bytes: 1_024 });
  t.deepEqual(ring.take(1_025), { at: 1_024, bytes: 2_048 });
  t.is(ring.free, 1);
});

test('a ring gives no slot while no neighbours are free', (t) => {
  const ring = new Ring(4, 1_024);
  const slots = [1, 2, 3, 4].map(() => ring.take(1)!);
  t.is(ring.take(1), undefined);
  ring.give(slots[0]!);
  ring.give(slots[2]!);
  t.is(ring.take(2_048), undefined);
  ring.give(slots[1]!);
  t.deepEqual(ring.take(3_072), { at: 0, bytes: 3_072 });
});

test('a slot that is given back twice is a bug', (t) => {
  const ring = new Ring(2, 1_024);
  const slot = ring.take(1)!;
  ring.give(slot);
  t.throws(() => ring.give(slot), { message: /unit 0/ });
});

test('slots never overlap, and all of the ring comes back', (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.constant('give' as const)), { maxLength: 100 }), (steps) => {
      const ring = new Ring(8, 1_024);
      const held: Slot[] = [];
      for (const step of steps) {
        const slot = step === 'give' ? undefined : ring.take(step);
        if (step === 'give') held.splice(0, 1).forEach((one) => void ring.give(one));
        if (slot === undefined) continue;
        if (held.some((one) => slot.at < one.at + one.bytes && one.at < slot.at + slot.bytes) || slot.at + slot.bytes > 8_192) return false;
        held.push(slot);
      }
      for (const slot of held) ring.give(slot);
      return ring.free === 8 && ring.take(8_192) !== undefined;
    }),
  );
  t.pass();
});
