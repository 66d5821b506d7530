/** What the chart of `machine.ts` is made of: the ports as actors, the delays, and the named actions and guards. */
import { assign, type DoneActorEvent, type ErrorActorEvent, fromPromise, setup } from 'xstate';
import { sampleFault } from './clock.ts';
import type { SessionContext, SessionMemory } from './context.ts';
import { dialDelayMs, weigh } from './guards.ts';
import type { SessionPolicy } from './policy.ts';
import type { ClockSampleData, CloseOutput, ConditionsOutput, Intent, OpenOutput, SessionEvent, SessionInput, SessionPorts, SessionProgress } from './ports.ts';
import { failureOf, overdue } from './result.ts';
import * as steps from './steps.ts';
import type { SessionResult, Stage } from './types.ts';

type PortName = keyof SessionPorts;
type Call = { readonly ports: SessionPorts; readonly given: unknown };
type Change = steps.Change;

/** A port as an actor: its function comes with the input, so that one machine serves all sessions. */
function portActor(name: PortName) {
  return fromPromise<unknown, Call>(({ input, signal }) =>
    (input.ports[name] as (given: unknown, signal: AbortSignal) => Promise<unknown>)(input.given, signal),
  );
}

const portActors = {
  open: portActor('open'),
  signOn: portActor('signOn'),
  identify: portActor('identify'),
  logIn: portActor('logIn'),
  readSerial: portActor('readSerial'),
  readClock: portActor('readClock'),
  conditions: portActor('conditions'),
  intend: portActor('intend'),
  setClock: portActor('setClock'),
  keepAlive: portActor('keepAlive'),
  logOff: portActor('logOff'),
  close: portActor('close'),
};

export function createParts(policy: SessionPolicy) {
  const { deadlines, guards } = policy;
  const { boundary } = guards;
  const overTcp = (context: SessionContext): boolean => context.target.canonicalAddress.startsWith('tcp:');
  const within = (session: SessionContext, change: Change): SessionMemory => ({ session: { ...session, ...change } });
  const connectMs = (context: SessionContext): number => (overTcp(context) ? deadlines.connectTcpMs : deadlines.connectModemMs);
  const restMs = (context: SessionContext): number => Math.min(boundary.keepAliveMs, context.waitLeftMs);

  const base = setup({
    types: {
      context: {} as SessionMemory,
      events: {} as SessionEvent,
      input: {} as SessionInput,
      output: {} as SessionResult,
      emitted: {} as SessionProgress,
    },
    actors: portActors,
    actions: { enter: assign(({ context: { session } }, { stage }: { stage: Stage }) => within(session, { stage })) },
    delays: {
      dialDelay: ({ context: { session } }) => dialDelayMs(session.startedAt, overTcp(session) ? boundary.leadTcpMs : boundary.leadModemMs, boundary),
      connect: ({ context: { session } }) => connectMs(session),
      signOn: deadlines.signOnMs,
      identify: deadlines.identifyMs,
      logIn: deadlines.logInMs,
      read: deadlines.readMs,
      decide: deadlines.decideMs,
      intend: deadlines.intendMs,
      set: deadlines.setMs,
      verify: deadlines.verifyMs,
      logOff: deadlines.logOffMs,
      close: deadlines.closeMs,
      session: deadlines.sessionMs,
      rest: ({ context: { session } }) => restMs(session),
    },
  });

  // XState types the events of a port as unknown; each step below knows which port it follows.
  type Assigner = ReturnType<typeof base.assign>;
  const change = (decide: (context: SessionContext) => Change): Assigner => base.assign(({ context: { session } }) => within(session, decide(session)));
  const done = <T>(decide: (context: SessionContext, output: T) => Change): Assigner =>
    base.assign(({ context: { session }, event }) => within(session, decide(session, (event as unknown as DoneActorEvent<T>).output)));
  const failed = (decide: (context: SessionContext, error: unknown) => Change): Assigner =>
    base.assign(({ context: { session }, event }) => within(session, decide(session, (event as unknown as ErrorActorEvent).error)));
  const outputOf = <T>(event: unknown): T => (event as DoneActorEvent<T>).output;
  const sampleIsBad = (event: unknown): boolean => sampleFault(outputOf<ClockSampleData>(event), policy.maxRoundTripMs) !== undefined;
  const haltReason = (event: SessionEvent): 'cancelled' | 'stopping' => event.reason;

  const chart = base.extend({
    actions: {
      reportStage: base.emit(({ context: { session } }) => ({
        type: 'progress' as const,
        stage: session.stage,
        ...(session.openedAt ? { connectionStartAt: session.openedAt.wallMs } : {}),
        ...(session.serialNumber === null ? {} : { serialNumber: session.serialNumber }),
        ...(session.before ? { before: session.before } : {}),
      })),
      halt: base.assign(({ context: { session }, event }) => within(session, steps.halted(session, haltReason(event)))),
      noteHalt: base.assign(({ context: { session }, event }) => within(session, { halt: haltReason(event) })),
      fail: failed(({ stage }, error) => ({ failure: failureOf(error, stage) })),
      failOverdue: change(({ stage }) => ({ failure: overdue(stage, 'stage') })),
      failSession: change((context) => steps.sessionOver(context, overdue(context.stage, 'session'))),
      noteOpened: done<OpenOutput>((_, { openedAt }) => ({ openedAt })),
      noteSignedOn: change(() => ({ signedOn: true })),
      noteIdentity: done<string>((_, identity) => ({ identity })),
      noteSerial: done<string>((context, serial) => steps.tookSerial(context, serial, policy)),
      noteNoSerial: failed(steps.serialFailed),
      dropSample: done<ClockSampleData>((context, sample) => steps.badSample(context, sample, policy)),
      noteReading: done<ClockSampleData>((context, sample) => steps.tookReading(context, sample, policy)),
      trust: done<ConditionsOutput>((context, conditions) => steps.trusted(context, conditions, policy)),
      distrust: failed((context, error) => steps.untrusted(context, failureOf(error, context.stage).text)),
      distrustOverdue: change((context) => steps.untrusted(context, overdue(context.stage, 'stage').text)),
      weigh: change((context) => steps.weighed(context, policy)),
      decide: done<ConditionsOutput>((context, conditions) => steps.decided(context, conditions, policy)),
      refuseUnknown: failed((_, error) => steps.conditionsMissing(failureOf(error, 'decide').text)),
      refuseOverdue: change(() => steps.conditionsMissing(overdue('decide', 'stage').text)),
      noteRest: change((context) => ({ waitLeftMs: context.waitLeftMs - restMs(context) })),
      refuseIntent: done<Intent>((context, intent) => (intent.kind === 'refused' ? steps.intentRefused(context, intent.reason) : {})),
      beginWrite: change(steps.writing),
      noteSetFailed: failed(steps.setFailed),
      noteSetOverdue: change(steps.setOverdue),
      noteAfter: done<ClockSampleData>((context, sample) => steps.tookAfter(context, sample, policy)),
      keepSample: done<ClockSampleData>((_, sample) => ({ sample })),
      judgeAfter: done<ConditionsOutput>((context, conditions) => steps.judgedAfter(context, conditions, policy)),
      noteNoAfter: failed((context, error) => steps.verifyFailed(context, failureOf(error, 'verify'))),
      noteAfterOverdue: change((context) => steps.verifyFailed(context, overdue('verify', 'stage'))),
      noteClosed: done<CloseOutput>((_, output) => steps.closed(output)),
      noteEnding: failed(steps.endingFailed),
      noteEndingOverdue: change((context) => steps.endingFailed(context, { class: 'link', message: 'no end within its time' })),
    },
    guards: {
      atOnce: ({ context: { session } }) => dialDelayMs(session.startedAt, overTcp(session) ? boundary.leadTcpMs : boundary.leadModemMs, boundary) === 0,
      failed: ({ context: { session } }) => session.failure !== null,
      signedOn: ({ context: { session } }) => session.signedOn,
      readsOnly: ({ context: { session } }) => session.task !== 'time-update',
      restsOnReading: ({ context: { session } }) =>
        guards.hostClock &&
        (session.task !== 'time-update' || (session.reading !== null && weigh(session.reading, policy, session.allowZone).kind === 'leave')),
      doubtsHost: () => guards.hostClock,
      mustUpdate: ({ context: { session } }) => session.reading !== null && weigh(session.reading, policy, session.allowZone).kind === 'update',
      mustWait: ({ context: { session } }) => session.waitLeftMs > 0,
      waited: ({ context: { session } }) => session.waitLeftMs <= restMs(session),
      lastBadSample: ({ context: { session }, event }) => sampleIsBad(event) && session.badSamples + 1 >= policy.clockReads,
      badSample: ({ event }) => sampleIsBad(event),
      mayWrite: ({ event }) => outputOf<Intent>(event).kind === 'go',
      setOver: ({ event }) => steps.isSetOver((event as unknown as ErrorActorEvent).error),
      tryAgain: ({ context: { session } }) => session.failure === null && session.unknown !== null,
    },
  });
  return { chart, connectMs };
}
