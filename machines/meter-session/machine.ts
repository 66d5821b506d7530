/**
 * One session with one meter (meter-protocols 2): a live machine that invokes the ports it is given, each stage under its
 * deadline. What a stage changes is in `steps.ts`, when to write in `guards.ts`.
 *
 * Invariants
 * - M1 Once dialled, every way out goes through `close`, and through `logOff` before it when signed on; both are bounded.
 * - M2 `setClock` is called only after `intend` said `go` for it, and never twice without a reading between.
 * - M3 From the call of `setClock` on, nothing but its own deadlines ends the session: its result stands.
 * - M4 Nothing is written with the tasks `read-clock` and `verify`.
 * - M5 No reading counts as a success unless the host's clock is known to be right (guard `hostClock`).
 */
import { initialContext } from './context.ts';
import { createParts } from './parts.ts';
import { DEFAULT_SESSION_POLICY, type SessionPolicy } from './policy.ts';
import { resultOf } from './result.ts';

/** @param policy what the installation decided; make the machine once, it serves every session. */
export function createMeterSessionMachine(policy: SessionPolicy = DEFAULT_SESSION_POLICY) {
  const { deadlines, guards } = policy;
  const { chart, connectMs } = createParts(policy);
  return chart.createMachine({
    id: 'meter-session',
    context: ({ input }) => ({ session: initialContext(input) }),
    output: ({ context: { session } }) => resultOf(session),
    initial: 'foresee',
    states: {
      /** Dialling is put off when the write would meet a boundary. */
      foresee: {
        always: { guard: 'atOnce', target: 'live' },
        after: { dialDelay: 'live' },
        on: { cancel: { target: 'ended', actions: 'halt' } },
      },
      live: {
        initial: 'open',
        after: { session: { target: 'leave', actions: 'failSession' } },
        on: { cancel: { target: 'leave', actions: 'halt' } },
        states: {
          open: {
            entry: [{ type: 'enter', params: { stage: 'open' } }, 'reportStage'],
            invoke: {
              id: 'open',
              src: 'open',
              input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: connectMs(session), target: session.target } }),
              onDone: { target: 'signOn', actions: 'noteOpened' },
              onError: { target: '#leave', actions: 'fail' },
            },
            after: { connect: { target: '#leave', actions: 'failOverdue' } },
          },
          signOn: {
            entry: [{ type: 'enter', params: { stage: 'sign-on' } }, 'reportStage'],
            invoke: {
              id: 'signOn',
              src: 'signOn',
              input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.signOnMs } }),
              onDone: { target: 'identify', actions: 'noteSignedOn' },
              onError: { target: '#leave', actions: 'fail' },
            },
            after: { signOn: { target: '#leave', actions: 'failOverdue' } },
          },
          identify: {
            entry: [{ type: 'enter', params: { stage: 'identify' } }, 'reportStage'],
            invoke: {
              id: 'identify',
              src: 'identify',
              input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.identifyMs } }),
              onDone: { target: 'logIn', actions: 'noteIdentity' },
              onError: { target: '#leave', actions: 'fail' },
            },
            after: { identify: { target: '#leave', actions: 'failOverdue' } },
          },
          logIn: {
            entry: [{ type: 'enter', params: { stage: 'log-in' } }, 'reportStage'],
            invoke: {
              id: 'logIn',
              src: 'logIn',
              input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.logInMs } }),
              onDone: 'serial',
              onError: { target: '#leave', actions: 'fail' },
            },
            after: { logIn: { target: '#leave', actions: 'failOverdue' } },
          },
          serial: {
            entry: [{ type: 'enter', params: { stage: 'serial' } }, 'reportStage'],
            initial: 'reading',
            after: { read: { target: '#leave', actions: 'failOverdue' } },
            states: {
              reading: {
                invoke: {
                  id: 'readSerial',
                  src: 'readSerial',
                  input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.readMs } }),
                  onDone: { target: 'compared', actions: 'noteSerial' },
                  onError: { target: 'compared', actions: 'noteNoSerial' },
                },
              },
              compared: { always: [{ guard: 'failed', target: '#leave' }, { target: '#clock' }] },
            },
          },
          clock: {
            id: 'clock',
            entry: [{ type: 'enter', params: { stage: 'clock' } }, 'reportStage'],
            invoke: {
              id: 'readClock',
              src: 'readClock',
              input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.readMs } }),
              onDone: [
                { guard: 'lastBadSample', target: '#leave', actions: 'dropSample' },
                { guard: 'badSample', target: 'clock', reenter: true, actions: 'dropSample' },
                { target: 'read', actions: 'noteReading' },
              ],
              onError: { target: '#leave', actions: 'fail' },
            },
            after: { read: { target: '#leave', actions: 'failOverdue' } },
          },
          read: { always: [{ guard: 'restsOnReading', target: 'trusting' }, { target: 'trusted' }] },
          /** No write asks for it, but the result rests on the host's clock all the same. */
          trusting: {
            invoke: {
              id: 'trust',
              src: 'conditions',
              input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.decideMs } }),
              onDone: { target: 'trusted', actions: 'trust' },
              onError: { target: 'trusted', actions: 'distrust' },
            },
            after: { decide: { target: 'trusted', actions: 'distrustOverdue' } },
          },
          trusted: { always: [{ guard: 'failed', target: '#leave' }, { guard: 'readsOnly', target: '#leave' }, { target: 'decide' }] },
          decide: {
            entry: [{ type: 'enter', params: { stage: 'decide' } }, 'reportStage'],
            initial: 'weighing',
            states: {
              weighing: {
                entry: 'weigh',
                always: [{ guard: 'mustUpdate', target: 'asking' }, { target: '#leave' }],
              },
              asking: {
                invoke: {
                  id: 'conditions',
                  src: 'conditions',
                  input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.decideMs } }),
                  onDone: { target: 'decided', actions: 'decide' },
                  onError: { target: '#leave', actions: 'refuseUnknown' },
                },
                after: { decide: { target: '#leave', actions: 'refuseOverdue' } },
              },
              decided: {
                always: [{ guard: 'failed', target: '#leave' }, { guard: 'mustWait', target: 'resting' }, { target: 'intending' }],
              },
              /** A boundary is near. Afterwards the clock is read anew. */
              resting: {
                after: {
                  rest: [
                    { guard: 'waited', target: '#clock', actions: 'noteRest' },
                    { target: 'keeping', actions: 'noteRest' },
                  ],
                },
              },
              keeping: {
                invoke: {
                  id: 'keepAlive',
                  src: 'keepAlive',
                  input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.readMs } }),
                  onDone: 'resting',
                  onError: { target: '#leave', actions: 'fail' },
                },
                after: { read: { target: '#leave', actions: 'failOverdue' } },
              },
              /** Whoever commits the intent also says whether a cancel came first. */
              intending: {
                on: { cancel: { actions: 'noteHalt' } },
                invoke: {
                  id: 'intend',
                  src: 'intend',
                  input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.intendMs, before: session.before } }),
                  onDone: [
                    { guard: 'mayWrite', target: '#set' },
                    { target: '#leave', actions: 'refuseIntent' },
                  ],
                  onError: { target: '#leave', actions: 'fail' },
                },
                after: { intend: { target: '#leave', actions: 'failOverdue' } },
              },
            },
          },
          set: {
            id: 'set',
            entry: [{ type: 'enter', params: { stage: 'set' } }, 'reportStage', 'beginWrite'],
            on: { cancel: { actions: 'noteHalt' } },
            invoke: {
              id: 'setClock',
              src: 'setClock',
              input: ({ context: { session } }) => ({
                ports: session.ports,
                given: {
                  budgetMs: deadlines.setMs,
                  reading: session.reading,
                  readAt: session.sampledAt,
                  refuseStepped: guards.hostClock,
                  correctTransit: guards.transit,
                },
              }),
              onDone: 'verify',
              onError: [
                { guard: 'setOver', target: '#leave', actions: 'noteSetFailed' },
                { target: 'verify', actions: 'noteSetFailed' },
              ],
            },
            after: { set: { target: 'verify', actions: 'noteSetOverdue' } },
          },
          verify: {
            entry: [{ type: 'enter', params: { stage: 'verify' } }, 'reportStage'],
            on: { cancel: { actions: 'noteHalt' } },
            initial: 'reading',
            after: { verify: { target: '#leave', actions: 'noteAfterOverdue' } },
            states: {
              reading: {
                invoke: {
                  id: 'readAfter',
                  src: 'readClock',
                  input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.verifyMs } }),
                  onDone: [
                    { guard: 'lastBadSample', target: '#leave', actions: 'dropSample' },
                    { guard: 'badSample', target: 'reading', reenter: true, actions: 'dropSample' },
                    { guard: 'doubtsHost', target: 'trusting', actions: 'keepSample' },
                    { target: 'judged', actions: 'noteAfter' },
                  ],
                  onError: { target: '#leave', actions: 'noteNoAfter' },
                },
              },
              trusting: {
                invoke: {
                  id: 'trustAfter',
                  src: 'conditions',
                  input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.decideMs } }),
                  onDone: { target: 'judged', actions: 'judgeAfter' },
                  onError: { target: 'judged', actions: 'distrust' },
                },
                after: { decide: { target: 'judged', actions: 'distrustOverdue' } },
              },
              judged: { always: [{ guard: 'tryAgain', target: '#meter-session.live.decide' }, { target: '#leave' }] },
            },
          },
        },
      },
      leave: { id: 'leave', always: [{ guard: 'signedOn', target: 'logOff' }, { target: 'close' }] },
      logOff: {
        entry: [{ type: 'enter', params: { stage: 'log-off' } }, 'reportStage'],
        invoke: {
          id: 'logOff',
          src: 'logOff',
          input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.logOffMs } }),
          onDone: 'close',
          onError: { target: 'close', actions: 'noteEnding' },
        },
        after: { logOff: { target: 'close', actions: 'noteEndingOverdue' } },
      },
      close: {
        entry: [{ type: 'enter', params: { stage: 'close' } }, 'reportStage'],
        invoke: {
          id: 'close',
          src: 'close',
          input: ({ context: { session } }) => ({ ports: session.ports, given: { budgetMs: deadlines.closeMs } }),
          onDone: { target: 'ended', actions: 'noteClosed' },
          onError: { target: 'ended', actions: 'noteEnding' },
        },
        after: { close: { target: 'ended', actions: 'noteEndingOverdue' } },
      },
      ended: { type: 'final' },
    },
  });
}

export type MeterSessionMachine = ReturnType<typeof createMeterSessionMachine>;
