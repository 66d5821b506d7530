/**
 * One appointment machine in a world of its own: every step goes through storage form (persist, JSON, restore), as after a
 * restart, and what the machine asks for is kept as the engine would keep it.
 */
import { Value } from 'typebox/value';
import { type AppointmentOptions, AppointmentOptionsSchema, policyOf } from '../../../actors/appointment/options.ts';
import { makeStepper } from '../../../actors/engine/inert-scope.ts';
import type { Ask } from '../../../machines/appointment/asks.ts';
import type { AppointmentContext } from '../../../machines/appointment/context.ts';
import {
  type AppointmentEvent,
  type AppointmentInput,
  type AppointmentPolicy,
  type AppointmentSnapshot,
  createAppointmentMachine,
  type ReminderName,
  stateName,
} from '../../../machines/appointment/index.ts';
import type { MarketMessage } from '../../../machines/market/message.ts';
import { EFFECTIVE, if003, if032, if035, if036, if036Of, if037, MOPX, MPAN, SUPX, T0, toAnother, toUs } from './market-messages.ts';

export * from './market-messages.ts';

export const REQUEST_ID = '0195c7a1-0000-7000-8000-000000000001';
export const SUR = 'S-IF-031-2300000012-SUP-20260324-0195c7a1000070008000000000000001';

export const defaultOptions = (): AppointmentOptions => Value.Default(AppointmentOptionsSchema, {}) as AppointmentOptions;
export const defaultPolicy = (): AppointmentPolicy => policyOf(defaultOptions());

/** Bare form of an event: `at` is added when it is given. */
export type Given = Bare<AppointmentEvent>;
type Bare<E> = E extends unknown ? Omit<E, 'at'> : never;

export function input(more: Partial<AppointmentInput> = {}): AppointmentInput {
  return {
    requestId: REQUEST_ID,
    mpid: SUPX.mpid,
    supplierDipId: SUPX.dipId,
    mpan: MPAN,
    meteringServiceMpid: MOPX.mpid,
    meteringServiceDipId: MOPX.dipId,
    distributorDipId: '2500000033',
    gspGroupId: '_H',
    effectiveFrom: EFFECTIVE,
    effectiveFromText: '2026-03-30T00:00:00+00:00',
    contractReference: 'MSA20260330',
    scenario: 'CSP',
    test: false,
    legacyMop: null,
    registrationEffectiveFrom: null,
    cssRegistrationId: null,
    at: T0,
    initiatedBy: null,
    ...more,
  };
}

/** A migration that owes a D0151. */
export const migration: Partial<AppointmentInput> = { scenario: 'MCA', legacyMop: 'LMOP', registrationEffectiveFrom: '2024-04-01' };

/** An effect that was asked for and is neither done nor withdrawn. */
interface Owed {
  readonly name: string;
  readonly ask: Ask;
}

export interface World {
  at: number;
  readonly context: AppointmentContext;
  /** State of the market region as people see it. */
  readonly state: string;
  readonly dtn: string;
  /** Everything asked for since the start, and in the last step. */
  readonly asks: readonly Ask[];
  readonly last: readonly Ask[];
  readonly reminders: ReadonlyMap<string, { readonly dueAt: number; readonly gate?: 'dip' }>;
  /** Names of outside effects owed now. */
  readonly owed: readonly string[];
  readonly persisted: string;
  readonly snapshot: AppointmentSnapshot;
  give(event: Given): World;
  /** Let that reminder fire at its instant. Fails when it is not armed. */
  fire(name: ReminderName): World;
  announced(): string[];
  alerts(): string[];
  /** Codes of `errors[]`. */
  errors(): string[];
  told(kind: string): { readonly type: string; readonly [member: string]: unknown }[];
}

const OUTSIDE: Record<string, (params: never) => string> = {
  sendDip: ({ sur }: { sur: string }) => sur,
  queryDelivery: ({ sur }: { sur: string }) => `delivery:${sur}`,
  requestReplay: ({ interface: name }: { interface: string }) => `replay:${name}`,
};

const usual = makeStepper(createAppointmentMachine(defaultPolicy()));

/** @param policy default: the documented one */
export function world(more: Partial<AppointmentInput> = {}, policy?: AppointmentPolicy): World {
  const stepper = policy ? makeStepper(createAppointmentMachine(policy)) : usual;
  const asks: Ask[] = [];
  const reminders = new Map<string, { dueAt: number; gate?: 'dip' }>();
  let owed: Owed[] = [];
  let last: readonly Ask[] = [];
  let stored = '';
  let snapshot: AppointmentSnapshot;
  const take = (next: { snapshot: unknown; asked: readonly unknown[] }): void => {
    stored = JSON.stringify(stepper.persist(next.snapshot));
    snapshot = stepper.restore(JSON.parse(stored)) as AppointmentSnapshot;
    last = next.asked as readonly Ask[];
    asks.push(...last);
    for (const ask of last) {
      if (ask.type === 'remind') reminders.set(ask.params.name, { dueAt: ask.params.dueAt, ...(ask.params.gate ? { gate: ask.params.gate } : {}) });
      if (ask.type === 'forget') reminders.delete(ask.params.name);
      if (ask.type === 'withdraw') owed = owed.filter((effect) => effect.name !== ask.params.name);
      const name = OUTSIDE[ask.type]?.(ask.params as never);
      if (name !== undefined) owed.push({ name, ask });
    }
  };
  const self: World = {
    at: T0,
    get context() {
      return snapshot.context;
    },
    get state() {
      return stateName(snapshot);
    },
    get dtn() {
      return snapshot.value.dtn;
    },
    get asks() {
      return asks;
    },
    get last() {
      return last;
    },
    reminders,
    get owed() {
      return owed.map((effect) => effect.name);
    },
    get persisted() {
      return stored;
    },
    get snapshot() {
      return snapshot;
    },
    give(event) {
      if (event.type === 'dip.accepted' || event.type === 'dip.rejected') owed = owed.filter((effect) => effect.name !== event.sur);
      if (event.type === 'delivery.status') owed = owed.filter((effect) => effect.name !== `delivery:${event.sur}`);
      if (event.type === 'replay.answered') owed = owed.filter((effect) => effect.name !== `replay:${event.interface}`);
      take(stepper.next(snapshot, { ...event, at: self.at } as AppointmentEvent));
      return self;
    },
    fire(name) {
      const armed = reminders.get(name);
      if (!armed) throw new Error(`reminder ${name} is not armed; armed: ${[...reminders.keys()].join(', ')}`);
      reminders.delete(name);
      self.at = Math.max(self.at, armed.dueAt);
      return self.give({ type: 'reminder', name, dueAt: armed.dueAt });
    },
    announced: () => asks.flatMap((ask) => (ask.type === 'announce' ? [ask.params.what] : [])),
    alerts: () => asks.flatMap((ask) => (ask.type === 'raiseAlert' ? [ask.params.code] : [])),
    errors: () => snapshot.context.errors.map((entry) => entry.code),
    told: (kind) => asks.flatMap((ask) => (ask.type === 'tell' && ask.params.to.startsWith(`${kind}:`) ? [ask.params.event] : [])),
  };
  take(stepper.initial(input(more) as never));
  return self;
}

/** `MSG0000`. */
export const accepted = (sur = SUR): Given => ({ type: 'dip.accepted', sur, transactionId: 'T-IF-031-1', correlationId: 'CI-20260324-7d1f0a9be2c34455' });
export const rejected = (text = 'MSG1001 - Schema Failure', sur = SUR): Given => ({ type: 'dip.rejected', sur, status: 201, text });
export const status = (code = '1001', sur = SUR): Given => ({ type: 'market.status', sur, code, text: 'Schema Failure' });
export const delivery = (outcome: 'delivered' | 'not-delivered' | 'unknown', sur = SUR): Given => ({ type: 'delivery.status', sur, outcome, text: outcome });
export const market = (message: MarketMessage): Given => {
  const type = `market.if${message.interface.slice(3)}` as 'market.if032';
  return { type, message };
};
export const dtn = (what: 'queued' | 'sent' | 'acknowledged' | 'rejected' | 'failed'): Given => ({ type: `dtn.${what}`, fileId: '0000000001', text: what });
export const operator = (what: 'cancel' | 'resend'): Given => ({ type: `operator.${what}`, by: 'ann', reason: 'wanted' });

/** The process as it stands in each state of 7.1, by the shortest road. */
export const inState = {
  SUBMITTING: (more: Partial<AppointmentInput> = {}, policy?: AppointmentPolicy) => world(more, policy),
  AWAIT_INITIAL: (more: Partial<AppointmentInput> = {}, policy?: AppointmentPolicy) => world(more, policy).give(accepted()),
  AWAIT_OUTCOME: (more: Partial<AppointmentInput> = {}, policy?: AppointmentPolicy) => inState.AWAIT_INITIAL(more, policy).give(market(if032('A'))),
  AWAIT_ACTIVE: (more: Partial<AppointmentInput> = {}, policy?: AppointmentPolicy) =>
    inState.AWAIT_OUTCOME(more, policy).give(market(if035('A', 'SP000 - Proposed Appointment ACCEPTED'))),
  COMPLETING: (more: Partial<AppointmentInput> = {}, policy?: AppointmentPolicy) =>
    inState.AWAIT_ACTIVE({ ...migration, ...more }, policy).give(market(if036())),
  SUCCESS: (more: Partial<AppointmentInput> = {}, policy?: AppointmentPolicy) => inState.AWAIT_ACTIVE(more, policy).give(market(if036())),
  FAILED: (more: Partial<AppointmentInput> = {}, policy?: AppointmentPolicy) =>
    inState.AWAIT_INITIAL(more, policy).give(market(if032('R', ['REG1021 - Requesting supplier is not the current supplier']))),
};

export interface Representative {
  readonly label: string;
  readonly event: Given;
}

const sample = (label: string, event: Given): Representative => ({ label, event });
const REMINDERS: readonly ReminderName[] = [
  'T_SEND.warn',
  'T_SEND.fail',
  'delivery.fail',
  'T032.warn',
  'T032.fail',
  'T035.warn',
  'T035.fail',
  'T036.warn',
  'T036.fail',
  'replay.fail',
  'T_DTN.warn',
  'T_DTN.fail',
  'facts.retry',
];

/**
 * One event of every kind that makes a difference to the machine. Every edge of the machine's graph is one of these taken in
 * one of its reachable states; reminders only where they are armed.
 */
export function representativeEvents(): readonly Representative[] {
  return [
    sample('DIP accepts', accepted()),
    sample('DIP rejects', rejected()),
    sample('status message', status()),
    sample('status of success', status('0000')),
    sample('delivered', delivery('delivered')),
    sample('not delivered', delivery('not-delivered')),
    sample('delivery unknown', delivery('unknown')),
    sample('replay accepted', { type: 'replay.answered', interface: 'IF-035', outcome: 'accepted', text: '0 messages' }),
    sample('replay refused', { type: 'replay.answered', interface: 'IF-035', outcome: 'refused', text: 'status 400' }),
    sample('IF-032 A', market(if032('A'))),
    sample('IF-032 R', market(if032('R', ['REG1021 - Requesting supplier is not the current supplier']))),
    sample('IF-032 W', market(if032('W', ['REG1034 - Prospective']))),
    sample('IF-032 without R0', market(if032(null))),
    sample('IF-035 A', market(if035('A', 'SP000 - Proposed Appointment ACCEPTED'))),
    sample('IF-035 R by provider', market(if035('R', 'SP001 - No contract'))),
    sample('IF-035 R by registry', market(if035('R', 'REG1001 - Status'))),
    sample('IF-035 R older than the A', market(if035('R', 'SP001 - No contract', { transactionAt: T0 - 60_000 }))),
    sample('IF-035 L', market(if035('L'))),
    sample('IF-035 W', market(if035('W'))),
    sample('IF-036', market(if036())),
    sample('IF-036 of another service', market(if036Of('1200000099'))),
    sample('IF-037 CSERV', market(if037('CSERV'))),
    sample('IF-037 DEREG', market(if037('DEREG'))),
    sample('IF-037 DEREG later', market(if037('DEREG', { incomingSupplier: toAnother('2026-05-01') }))),
    sample('IF-037 CSUPP to us', market(if037('CSUPP', { incomingSupplier: toUs() }))),
    sample('IF-037 CSUPP to another', market(if037('CSUPP', { incomingSupplier: toAnother() }))),
    sample('IF-003', market(if003())),
    sample('IF-003 to us', market(if003('[MSDeAppRM]', { incomingSupplier: toUs() }))),
    sample('switch cancelled', { type: 'switch.cancelled', text: 'withdrawn' }),
    sample('operator cancels', operator('cancel')),
    sample('operator resends', operator('resend')),
    sample('facts known', {
      type: 'facts.known',
      distributorDipId: '2500000033',
      gspGroupId: '_H',
      legacyMop: null,
      registrationEffectiveFrom: null,
      meteringServiceDipId: MOPX.dipId,
    }),
    sample('facts known, provider not', {
      type: 'facts.known',
      distributorDipId: '2500000033',
      gspGroupId: '_H',
      legacyMop: null,
      registrationEffectiveFrom: null,
      meteringServiceDipId: null,
    }),
    ...(['queued', 'sent', 'acknowledged', 'rejected', 'failed'] as const).map((what) => sample(`D0151 ${what}`, dtn(what))),
    ...REMINDERS.map((name) => sample(`reminder ${name}`, { type: 'reminder', name, dueAt: T0 })),
  ];
}

/** Inputs whose graphs together hold every edge. */
export const graphInputs: Readonly<Record<string, Partial<AppointmentInput>>> = {
  CSP: {},
  COS: { scenario: 'COS' },
  'COS without facts': { scenario: 'COS', meteringServiceDipId: null, distributorDipId: null, gspGroupId: null },
  USP: { scenario: 'USP' },
  MCA: migration,
  'MCA without legacy operator': { scenario: 'MCA' },
};

const FOR_WANT = ['sla_initial', 'sla_outcome', 'sla_active', 'dip_unreachable'];

/** What distinguishes two states of the machine for exploration: its value, and what guards look at. */
export function stateKey(snapshot: Pick<AppointmentSnapshot, 'value' | 'context'>): string {
  const { context } = snapshot;
  const failure = context.reason === null ? '' : FOR_WANT.includes(context.reason) ? 'for want' : 'refused';
  const rebuilt = context.submittedAt === null && context.endedAt === null && context.resends > 0;
  return JSON.stringify([snapshot.value, context.d0151, failure, rebuilt, context.endedAt === null && context.acceptedAt !== null]);
}

export const stateKeyOf = (w: Pick<World, 'snapshot'>): string => stateKey(w.snapshot);
