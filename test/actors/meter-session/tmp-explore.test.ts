import test from 'ava';
import { faultySession } from '../../support/meters/faulty.ts';
import { METERS, type Protocol } from '../../support/meters/specs.ts';
import type { Faults } from '../../../ops/sim/meters/index.ts';
const F: Record<string, Faults> = {
  none: {}, delay: { replyDelayMs: 100 }, drop: { dropRate: 0.15 }, reqdrop: { requestDropRate: 0.15 }, noise: { noiseRate: 0.15 }, badcheck: { badCheckRate: 0.2 },
  badcheckAll: { badCheckRate: 1 }, noiseAll: { noiseRate: 1 }, dropAll: { dropRate: 1 },
  serial: { serialNumber: 'OTHER777' }, reboot: { reboot: { afterRequests: 2, silentMs: 400 } }, rebootLong: { reboot: { afterRequests: 2, silentMs: 60000 } }, rebootCloses: { reboot: { afterRequests: 2, closes: true } },
  disconnect: { disconnect: { afterRequests: 2 } }, blocks: { blocks: true }, doubled: { doubledOctetString: true }, shortBer: { shortBerLengths: true }, unswapped: { unswappedPorts: true },
  refuse: { clockSet: 'refuse' }, ignore: { clockSet: 'ignore' }, loseWrites: { loseWrites: 1 }, loseWrites9: { loseWrites: 9 }, loseReply: { loseWriteReplies: 1 }, loseReplyMute: { loseWriteReplies: 1, lostReply: 'mute' }, loseReplyClose: { loseWriteReplies: 1, lostReply: 'close' },
  halfOpen: { halfOpen: true }, endless: { endless: true }, locked: { lockAfter: 1 },
  wpError: { wrongPassword: 'error' }, wpBreak: { wrongPassword: 'break' }, wpSilent: { wrongPassword: 'silent' }, wp: {wrongPassword: 'standard'},
  aarq: { aarqForms: ['usual'] }, aarqRefuse: { aarqForms: ['alternative-tags'] },
};
const only = process.env.P as Protocol;
test('x', async (t) => {
  t.timeout(500_000);
  for (const [n, faults] of Object.entries(F)) {
    const wrong = n.startsWith('wp') ? { password: only === 'edmi' ? 'EDMI,WRONGPW' : 'WRONGPWD' } : {};
    const e = await faultySession(t, only, { faults, ...wrong });
    const r = e.result;
    console.log(only, n, Math.round(e.tookMs), r.outcome, 'wrote=' + r.wrote, JSON.stringify(r.failure ?? null), r.serialError ?? '', 'b', r.before?.offsetSeconds, 'a', r.after?.offsetSeconds, r.afterError ?? '', JSON.stringify(r.notes), 'rec', e.farm.records().map(x => x.outcome + x.writesSinceClockRead).join(), 'conn', e.farm.cut());
  }
  t.pass();
});
