/** What an actor in a given state waits for, in words for `mw why`. */

type Waits = Readonly<Record<string, string>>;

const APPOINTMENT: Waits = {
  SUBMITTING: 'the answer of the DIP to IF-031 (MSG0000)',
  'SUBMITTING.awaitingFacts': 'routing facts of the meter point, or its provider in the agents store',
  'SUBMITTING.checkingDelivery': 'the delivery status of IF-031, before the process fails',
  AWAIT_INITIAL: 'IF-032 from the registration service',
  AWAIT_OUTCOME: 'IF-035 from the registration service',
  'AWAIT_OUTCOME.replaying': 'IF-035, which the DIP was asked to replay, before the process fails',
  AWAIT_ACTIVE: 'IF-036 from the registration service',
  'AWAIT_ACTIVE.replaying': 'IF-036, which the DIP was asked to replay, before the process fails',
  COMPLETING: 'the gateway to take the D0151',
};

const MPAN: Waits = {
  unknown: 'routing facts, by import or IF-036',
  metering_closed: 'the closure of the data service',
  data_closed: 'the closure of the metering service',
  alignment_expected: 'IF-036 with the metering service of the primary meter point',
};

const DTN: Waits = { collecting: 'lines, or the time of the next file' };

const DTN_FILE: Waits = {
  new: 'its lines',
  writing: 'the hand-over to the gateway',
  waiting: 'the receipt of the gateway',
  refused: 'the pause before its lines go out again in a new file',
};

const BY_KIND: Readonly<Record<string, Waits>> = { appointment: APPOINTMENT, mpan: MPAN, dtn: DTN, 'dtn-file': DTN_FILE };

/** Null: it has ended, or waits for nothing in particular. */
export function waitsFor(kind: string, state: string): string | null {
  return BY_KIND[kind]?.[state] ?? null;
}
