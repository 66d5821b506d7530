/** Material for tests of the MPAN machine: messages with sensible defaults, representative events, and a stepper that shows the effects. */
import { type EventFromLogic, initialTransition, type SnapshotFrom, transition } from 'xstate';
import type { MarketMessage } from '../../../machines/market/message.ts';
import { createMpanMachine, type MpanContext, type MpanEffect, type MpanEvent, type MpanInput, type MpanMachine } from '../../../machines/mpan/index.ts';
import { message } from './market-messages.ts';

export const MPAN = '2000056535971';
export const LINKED = '2000056500000';
export const US = { dipId: '2300000012', mpid: 'SUPX' } as const;
export const OTHER = { dipId: '2300000045', mpid: 'SUPZ' } as const;
export const MOPX = { dipId: '1200000015', mpid: 'MOPX' } as const;
export const MOPY = { dipId: '1200000026', mpid: 'MOPY' } as const;

export const at = (text: string): number => Date.parse(text);
export const START = at('2026-03-24T10:35:00Z');

export const mpanInput: MpanInput = { mpid: US.mpid, mpan: MPAN, supplierDipId: US.dipId, at: START };

/** A market message with nothing in it; `parts` fill it. */
export function marketMessage(parts: Partial<MarketMessage>): MarketMessage {
  return message('IF-036', '[MSAppActive]', {
    sur: 'S-IF-036-2200000003-REGS-20260330-00000000d0e1',
    senderCorrelationId: null,
    transactionId: 'T-IF-036-1',
    transactionAt: at('2026-03-29T23:20:01Z'),
    initialCorrelationId: null,
    ...parts,
  });
}

export const meter = (meterId: string, parts: Partial<NonNullable<NonNullable<MarketMessage['active']>['meters']>[number]> = {}) => ({
  meterId,
  meterType: 'S2ADE',
  manufacturer: 'ACME AM1',
  esmeGuid: '00-11-22-33-44-55-66-77',
  location: 'E',
  registerDigits: 5,
  installedAt: '2021-06-14T00:00:00+01:00',
  assetProvider: 'MAPX',
  assetProviderFrom: '2021-06-14T00:00:00+01:00',
  ...parts,
});

/** The IF-036 of appointments 5.6; `parts` of the active block are written over. */
export function if036(parts: Partial<MarketMessage> = {}, active: Partial<NonNullable<MarketMessage['active']>> = {}): MarketMessage {
  return marketMessage({
    requestingSupplier: US,
    incoming: { ...MOPX, effectiveFrom: '2026-03-30', contractReference: 'MSA20260330', scenario: 'CSP' },
    active: {
      connectionType: { value: 'W', from: '2020-04-01' },
      energyDirection: 'I',
      meteredIndicator: true,
      duosTariffId: { value: '101', from: '2020-04-01' },
      energisationStatus: { value: 'E', from: '2020-04-01' },
      marketSegment: { value: 'S', from: '2025-11-01' },
      domesticIndicator: { value: true, from: '2020-04-01' },
      addressLines: [null, null, '1', null, 'HIGH STREET', null, null, 'SOUTHAMPTON', null],
      postcode: 'SO15 1AA',
      meters: [meter('21J0012345')],
      ...active,
    },
    ...parts,
  });
}

/** The IF-037 of appointments 5.7. */
export function if037(reason: string, parts: Partial<MarketMessage> = {}): MarketMessage {
  return marketMessage({
    interface: 'IF-037',
    eventCode: '[MSDeApp]',
    transactionAt: at('2026-09-14T23:15:01Z'),
    deAppointed: { ...MOPX, effectiveFrom: '2026-03-30', effectiveTo: '2026-09-14', reason },
    incomingSupplier: { ...OTHER, effectiveFrom: '2026-09-15' },
    ...parts,
  });
}

/** The data service's twin of a de-appointment. */
export function dsDeApp(reason = 'CSUPP', parts: Partial<MarketMessage> = {}): MarketMessage {
  return if037(reason, {
    eventCode: '[DSDeApp]',
    deAppointed: null,
    dataServiceDeAppointed: { dipId: '1400000021', mpid: 'DSXX', effectiveFrom: '2026-03-30', effectiveTo: '2026-09-14', reason },
    ...parts,
  });
}

/** The IF-003 of appointments 5.8. */
export function if003(parts: Partial<MarketMessage> = {}): MarketMessage {
  return if037('CSUPP', {
    interface: 'IF-003',
    eventCode: '[MSDeAppRM]',
    transactionAt: at('2026-09-10T07:00:01Z'),
    incomingSupplier: { ...OTHER, effectiveFrom: '2026-09-15' },
    reverseMop: { mpid: 'LMOP', effectiveFrom: '2026-09-15' },
    cssRegistrationId: '3f0c2b4e-9a51-4f0d-8b77-1d6d2f3a9c10',
    ...parts,
  });
}

/** The IF-003 of appointments 5.9. */
export function reverseNotification(parts: Partial<MarketMessage> = {}): MarketMessage {
  return if003({ eventCode: '[ReverseMigNotification]', deAppointed: null, reverseMop: null, mhhsRegimeEnd: '2026-09-14', ...parts });
}

export const algMessage = (parts: Partial<MarketMessage> = {}): MarketMessage =>
  if036({ incoming: { ...MOPX, effectiveFrom: '2026-03-30', contractReference: null, scenario: 'ALG' }, ...parts });

const linked = [{ mpan: LINKED, direction: 'E', supplierDipId: US.dipId, supplierMpid: US.mpid }];

/** One event of every sort, in an order that makes sense: for exploring all edges of the machine. */
export const mpanEvents: readonly MpanEvent[] = [
  { type: 'imported', at: START, facts: { gsp_group_id: '_H', distributor_dip_id: '2500000033', market_segment: 'S', registration_efd: '2024-04-01' } },
  { type: 'imported', at: START, facts: { energisation_status: 'E' } },
  { type: 'facts.wanted', at: START, requestId: 'r0' },
  { type: 'project.active', at: START, message: if036({}, { linked }), requestId: 'r1' },
  {
    type: 'project.active',
    at: START,
    message: if036({ incoming: { ...MOPX, effectiveFrom: '2026-12-01', contractReference: null, scenario: 'COS' }, transactionAt: at('2026-11-30T23:20:00Z') }),
    requestId: 'r2',
  },
  { type: 'project.active', at: START, message: algMessage(), requestId: null },
  { type: 'contract.updated', at: START, meteringServiceDipId: MOPX.dipId, contractReference: 'NEW1' },
  { type: 'process.succeeded', at: START, requestId: 'r1', meteringServiceDipId: MOPX.dipId, effectiveFrom: '2026-03-30' },
  { type: 'alignment.expected', at: START, primaryMpan: LINKED, requestId: 'p1', meteringServiceDipId: MOPX.dipId },
  { type: 'alignment.expected', at: START, primaryMpan: LINKED, requestId: 'p2', meteringServiceDipId: MOPY.dipId },
  { type: 'project.deappointment', at: START, message: if037('CSERV') },
  { type: 'project.deappointment', at: START, message: if037('CSUPP') },
  { type: 'project.deappointment', at: START, message: dsDeApp() },
  { type: 'project.deappointment', at: START, message: if003({ incomingSupplier: { ...US, effectiveFrom: '2026-09-15' } }) },
  { type: 'project.deappointment', at: START, message: reverseNotification() },
  { type: 'unsolicited', at: START, message: marketMessage({ interface: 'IF-035', eventCode: '[MSAppAccepted]' }), handling: 'orphan' },
  { type: 'unsolicited', at: START, message: marketMessage({ interface: 'IF-045', eventCode: '[NoAgent]' }), handling: 'advisory' },
  { type: 'reminder', name: 'closure', dueAt: START, at: START },
  { type: 'reminder', name: 'alignment', dueAt: START, at: START },
];

/** States that differ in what they wait for; the rest of the context does not matter to the shape of the graph. */
export function mpanStateKey(snapshot: SnapshotFrom<MpanMachine>): string {
  const { closing, aligning, expecting, waiting } = snapshot.context;
  return JSON.stringify([snapshot.value, closing?.alerted, aligning?.requestId, aligning?.alerted, expecting?.requestId, waiting.length]);
}

export type ParamsOf<T extends MpanEffect['type']> = Extract<MpanEffect, { readonly type: T }>['params'];

/** An MPAN record in memory: give it events, look at context, state and what each step asked for. */
export class Record {
  readonly machine: MpanMachine;
  snapshot: SnapshotFrom<MpanMachine>;
  /** What the last step asked for. */
  effects: readonly MpanEffect[] = [];

  constructor(input: MpanInput = mpanInput, machine: MpanMachine = createMpanMachine()) {
    this.machine = machine;
    [this.snapshot] = initialTransition(machine, input);
  }

  send(event: EventFromLogic<MpanMachine>): this {
    const [next, actions] = transition(this.machine, this.snapshot, event);
    this.snapshot = next;
    this.effects = actions.map(({ type, params }) => ({ type, params }) as MpanEffect);
    return this;
  }

  active(message: MarketMessage, requestId: string | null = null, now = message.transactionAt): this {
    return this.send({ type: 'project.active', at: now, message, requestId });
  }

  deAppoint(message: MarketMessage, now = message.transactionAt): this {
    return this.send({ type: 'project.deappointment', at: now, message });
  }

  get context(): MpanContext {
    return this.snapshot.context;
  }

  get value(): SnapshotFrom<MpanMachine>['value'] {
    return this.snapshot.value;
  }

  /** Params of the effects of a type in the last step. */
  asked<T extends MpanEffect['type']>(type: T): readonly ParamsOf<T>[] {
    return this.effects.filter((effect) => effect.type === type).map((effect) => effect.params as unknown as ParamsOf<T>);
  }

  announced(what: string): boolean {
    return this.asked('announce').some((params) => params.what === what);
  }
}

/** The projection without times of handling: what two orders of the same messages must agree on. */
export function projection({ context }: Record): unknown {
  const { changedAt: _changedAt, createdAt: _createdAt, ...rest } = context;
  return JSON.parse(JSON.stringify(rest));
}
