import test from 'ava';
import { parseStandingData } from '../../../actors/agent/index.ts';
import fc from '../../support/fc.ts';

test('entries are found by the meaning of their members, however deep', (t) => {
  const payload = {
    B999: {
      participants: [
        {
          marketParticipantDIPID: '1200000015',
          marketParticipantID: 'mopx',
          roleID: 'MSS',
          effectiveFromDate: '2026-03-30T00:00:00+01:00',
          participantName: 'Mop X Ltd',
        },
        { dip_id: '1200000026', mpid: 'MOPY', role: 'msa', effective_from: '2026-01-01', effective_to: '2026-12-31' },
      ],
    },
  };
  t.deepEqual(parseStandingData(payload), {
    entries: [
      { dipId: '1200000015', mpid: 'MOPX', role: 'MSS', effectiveFrom: '2026-03-30', effectiveTo: null, name: 'Mop X Ltd' },
      { dipId: '1200000026', mpid: 'MOPY', role: 'MSA', effectiveFrom: '2026-01-01', effectiveTo: '2026-12-31', name: null },
    ],
    skipped: 0,
  });
});

test('an entry without a usable role or date is counted, the rest is kept', (t) => {
  const good = { dipId: '1200000015', mpid: 'MOPX', role: 'MSS' };
  t.like(parseStandingData([{ ...good, role: '1' }, { ...good, effectiveFrom: 'soon' }, good, { other: 1 }]), { skipped: 2, entries: { length: 1 } });
});

test('no payload makes it throw', (t) => {
  fc.assert(
    fc.property(fc.anything(), (payload) => {
      parseStandingData(payload);
      return true;
    }),
  );
  t.pass();
});
