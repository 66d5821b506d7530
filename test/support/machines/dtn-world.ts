/** Representative events of the DTN machines, for graph exploration and crash runs, and a small way to step them. */
import { type AnyStateMachine, type EventFrom, type InputFrom, initialTransition, type SnapshotFrom, transition } from 'xstate';
import type { D0151Line, D0155Line, DtnEvent, DtnFileEvent, DtnInput, KeptLine } from '../../../machines/dtn/index.ts';
import { slotOf } from '../../../machines/dtn/index.ts';

export const AT = Date.parse('2026-03-25T10:15:00Z');
export const MPID = 'SUPX';

export function d0151(change: Partial<D0151Line> = {}): D0151Line {
  return {
    mpan: '2000056535971',
    recipient: 'LMOP',
    reason: 'CA',
    registrationEffectiveFrom: '2024-04-01',
    effectiveTo: '2026-03-29',
    additionalInformation: null,
    test: false,
    reference: 'appointment:1',
    referenceKey: '2000056535971',
    ...change,
  };
}

export function d0155(change: Partial<D0155Line> = {}): D0155Line {
  return {
    mpan: '2000056535971',
    recipient: 'LMOP',
    registrationEffectiveFrom: '2026-04-01',
    appointedFrom: '2026-04-01',
    addressLines: ['1 High Street', null, 'Bath'],
    postcode: 'BA1 1AA',
    contractReference: 'C1',
    gspGroupId: '_H',
    test: false,
    reference: 'mpan:SUPX:2000056535971',
    referenceKey: '2000056535971',
    ...change,
  };
}

export function kept(change: Partial<D0151Line> = {}): KeptLine {
  const line = d0151(change);
  return { slot: slotOf('D0151', line), line };
}

export const dtnInput: DtnInput = { mpid: MPID, at: AT };

/** Settings under which two lines make a file. */
export const smallSettings = { flushMs: 60_000, flushLines: 2, maxRefusals: 2, receiptWarnMs: 86_400_000, fromRole: 'X', toRole: 'M', sendingApplication: '' };

/** Every kind of event of `dtn:<mpid>`, in two colours where that matters. */
export const dtnEvents: readonly DtnEvent[] = [
  { type: 'line.added', at: AT, flow: 'D0151', line: d0151() },
  { type: 'line.added', at: AT, flow: 'D0151', line: d0151({ mpan: '1900012374324', reference: 'appointment:2', referenceKey: '1900012374324' }) },
  { type: 'line.added', at: AT, flow: 'D0151', line: d0151({ test: true, reference: 'appointment:3' }) },
  { type: 'line.added', at: AT, flow: 'D0151', line: d0151({ mpan: 'bad' }) },
  { type: 'line.added', at: AT, flow: 'D0155', line: d0155() },
  { type: 'line.cancelled', at: AT, mpan: '2000056535971', recipient: 'LMOP', reason: 'CA', effectiveTo: '2026-03-29', reference: 'appointment:1' },
  { type: 'reminder', name: 'flush:D0151:LMOP', dueAt: AT, at: AT },
  { type: 'flush', at: AT },
  { type: 'file.refused', at: AT, fileId: '0000000009', flow: 'D0151', recipient: 'LMOP', test: false, refusals: 1, lines: [kept({ mpan: '1200023305967' })] },
];

/** The events of one live file of two lines. */
export const dtnFileEvents: readonly DtnFileEvent[] = [
  {
    type: 'file.made',
    at: AT,
    fileId: '0000000001',
    fileName: 'D0151_LMOP_0000000001.usr',
    flow: 'D0151',
    recipient: 'LMOP',
    test: false,
    content: 'ZHV|…',
    lines: [kept(), kept({ mpan: '1900012374324', reference: 'appointment:2' })],
    refusals: 0,
    replaces: null,
  },
  { type: 'file.taken', at: AT, fileId: '0000000001' },
  { type: 'file.receipt', at: AT, fileId: '0000000001', outcome: 'acknowledged', text: '' },
  { type: 'file.receipt', at: AT, fileId: '0000000001', outcome: 'refused', text: 'bad header' },
  { type: 'file.receipt', at: AT, fileId: '0000000001', outcome: 'refused', text: 'unknown MPAN 1900012374324' },
  { type: 'line.asked', at: AT, slot: kept().slot, reference: { to: 'appointment:7', key: '2000056535971' } },
  { type: 'line.unwanted', at: AT, slots: [kept().slot], reference: 'appointment:1' },
  { type: 'reminder', name: 'receipt', dueAt: AT, at: AT },
  { type: 'reminder', name: 'resend', dueAt: AT, at: AT },
];

/** What a step asked for, as the engine would see it. */
export interface Asked {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into the params of every kind of ask
  readonly params: any;
}

/** A machine that is stepped by hand. */
export function stepping<TMachine extends AnyStateMachine>(machine: TMachine, input: InputFrom<TMachine>) {
  let [snapshot] = initialTransition(machine, input as never) as [SnapshotFrom<TMachine>, unknown];
  return {
    get snapshot() {
      return snapshot;
    },
    /** One step; what it asked for. */
    send(event: EventFrom<TMachine>): Asked[] {
      const [next, actions] = transition(machine, snapshot, event);
      snapshot = next;
      return actions.map(({ type, params }) => ({ type, params }));
    },
  };
}

/** The events told in a step, with their receivers. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function tells(asked: readonly Asked[]): { to: string; key: string; event: any }[] {
  return asked.filter((ask) => ask.type === 'tell').map((ask) => ask.params);
}
