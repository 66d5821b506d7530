/**
 * Which tests show the statements of the specification that a build must pass: the rows of appointments 7.3, the lines of 7.6 and
 * the checks of 11.2. In a title … stands for a part that the test fills in.
 */

/** File below `test/`, and the beginning of a title in it. */
export type Shown = readonly [file: string, title: string];
export type Checks = Readonly<Record<string, readonly Shown[]>>;

const APPOINT = 'gateway/appoint.test.ts';
const ENGINE = 'gateway/engine.test.ts';
const CHANNEL = 'actors/dip/channel.test.ts';
const RECEIVER = 'actors/dip/receiver.test.ts';
const INBOUND = 'actors/appointment/inbound.test.ts';
const ORDER = 'machines/appointment/order.test.ts';
const ANSWERS = 'machines/appointment/rows-answers.test.ts';
const ENDING = 'machines/appointment/rows-ending.test.ts';
const SUBMISSION = 'machines/appointment/rows-submission.test.ts';
const PROJECTION = 'machines/mpan/projection.test.ts';
const PROCESS = 'process/appointment.test.ts';

/** Files whose titles begin with `row N:`. */
export const ROW_FILES = [SUBMISSION, ANSWERS, ENDING] as const;

export const LATENESS: Checks = {
  'same transaction again': [[INBOUND, 'the same transaction again has no effect']],
  'same reference, new transaction': [
    [INBOUND, 'the same reference in a new transaction (replay) has no effect if it was applied, else it counts'],
    [INBOUND, 'a message that the record took as unsolicited has no effect on a process that came later'],
  ],
  'same content, new reference': [[ORDER, 'the same content under a new reference is a no-op where it agrees']],
  'IF-035 before IF-032': [
    [ORDER, 'IF-035 before IF-032: a later IF-032 A is a no-op'],
    [ORDER, 'a later IF-032 R in … is alerted and changes nothing'],
  ],
  'IF-036 before IF-035': [
    [ANSWERS, 'row 15: IF-036 in … implies acceptance'],
    [ORDER, 'all orders end alike: '],
  ],
  'IF-036 before the effective date': [
    [ORDER, 'IF-036 before the effective date is applied at once'],
    ['actors/mpan/record.test.ts', 'status reads become current at the effective date'],
  ],
  'IF-035 A then older R': [[ORDER, 'IF-035 A, then an older R: ignored and alerted']],
  'anything after terminal': [[ENDING, 'row 30: nothing leaves …']],
  'answer after SLA failure': [[ORDER, 'an answer after …: late_after_failure, seen in errors[], projection updated']],
  'message without a process': [
    [INBOUND, 'IF-032 and IF-035 without a process are orphans'],
    [INBOUND, 'IF-036 without a process updates the record; ALG raises nothing'],
  ],
  'inbound while the actor is out of service': [
    ['actors/engine/turn.test.ts', 'an actor with a newer snapshot is parked, and what comes for it waits in order'],
  ],
};

export const CHECKS: Checks = {
  1: [
    [APPOINT, 'the documented request gives 202 with the documented members'],
    ['actors/appointment/appoint.test.ts', 'an accepted request is recorded Pending with the documented response members'],
  ],
  2: [
    [APPOINT, '401: …'],
    [APPOINT, '428: a missing or blank idempotency key'],
    [APPOINT, 'the same key and body, members in another order, are answered byte for byte as first'],
    [APPOINT, '409: the same key with a different body, or in test mode'],
    [ENGINE, 'parallel calls with one key make one process'],
  ],
  3: [
    [APPOINT, 'effective_from 27 days ahead'],
    [APPOINT, 'effective_from 28 days ahead'],
    [APPOINT, 'effective_from a second past midnight'],
    [APPOINT, 'effective_from without an offset'],
    ['actors/appointment/encode.test.ts', '… is settlement date … and leaves as …'],
    ['machines/calendar/calendar.test.ts', 'effective_from: 27 days ahead are accepted, 28 refused, counted from today in London'],
  ],
  4: [
    [APPOINT, 'a null contract reference'],
    [APPOINT, 'no contract reference'],
    [APPOINT, 'a contract reference of 50 characters'],
    [APPOINT, 'a contract reference of 51 characters'],
    [APPOINT, 'a contract reference with a hyphen'],
    [APPOINT, 'an unknown field'],
    [APPOINT, 'scenario ALG'],
    [APPOINT, 'a string MPAN'],
    [APPOINT, 'an MPAN of 12 digits'],
    [APPOINT, 'an MPAN of 14 digits'],
  ],
  5: [
    ['actors/appointment/appoint.test.ts', 'IF-031 leaves under its SUR with bytes that fit schema 011'],
    ['actors/dip/signing.test.ts', 'the four headers verify with the public key of the certificate they carry'],
    ['actors/dip/signing.test.ts', 'the canonical string is that of the published vector'],
    ['actors/dip/signing.test.ts', 'the hash of {} is that of the published vector'],
  ],
  6: [
    [CHANNEL, '201: every message is accepted with its transaction and correlation id'],
    [CHANNEL, '207: each message has the fate that its reference names'],
    [CHANNEL, '400 for a lone message rejects it with the text of the answer'],
    [CHANNEL, '401 is tried once more with credentials read anew'],
    [CHANNEL, '413 halves a batch until it fits; a lone message is rejected'],
    [CHANNEL, '429 honours Retry-After, and nothing leaves before it is over'],
    [CHANNEL, '503 then 201: the same reference and the same bytes, a fresh date and signature'],
    [SUBMISSION, 'row 2: MSG0000 keeps the ids, stops T_SEND and starts T032'],
    [SUBMISSION, 'row 3: any other item answer fails the process with its text'],
  ],
  7: [['crash/appointment.test.ts', 'every edge of the appointment, cut before and after each commit, tell and effect, leads to the same']],
  8: [
    [ORDER, 'all orders end alike: '],
    ['actors/appointment/orders.test.ts', '… ends as IF-032, IF-035, IF-036 do, with the same projection'],
    [PROJECTION, 'the projection does not depend on the order of the messages'],
  ],
  9: [
    [PROJECTION, 'an IF-036 with … meters makes … records, and twice makes no more'],
    [PROJECTION, 'null and x never overwrite a known value'],
    [PROJECTION, 'applying an IF-036 twice changes nothing and announces nothing'],
    [PROJECTION, 'an IF-036 from 200 days ago, replayed, changes nothing'],
  ],
  10: [
    [ANSWERS, 'row 13: the last day of the legacy appointment crosses a month end'],
    ['machines/dtn/file.test.ts', 'the counts of ZPT are those of the file'],
    ['actors/dtn/channel.test.ts', 'a hand-over that is repeated after the gateway took the file offers nothing again'],
    ['actors/dtn/engine.test.ts', 'a crash at any point ends like none '],
    [PROCESS, 'a migration (MCA) ends in Success and its D0151 reaches the legacy gateway once'],
  ],
  11: [
    ['actors/appointment/closures.test.ts', '… with a pending process'],
    ['actors/appointment/closures.test.ts', '… without a process'],
    ['actors/appointment/closures.test.ts', 'CSUPP naming us as incoming supplier leaves our COS process untouched'],
  ],
  12: [
    ['actors/engine/reminders.test.ts', 'a reminder behind the closed gate waits, and holds up no other'],
    ['actors/dip/gap.test.ts', 'the gate opens only when the last requeue has ended'],
    ['process/gap.test.ts', 'an engine that was down over a fail instant, while the answer waited in the market’s journal, ends the process in Success'],
    [PROCESS, 'while the DIP is away requests are accepted; when it is back all end in Success, one SUR each, the bytes the same'],
  ],
  13: [
    [RECEIVER, '…: 401, nothing stored, an alert'],
    [RECEIVER, 'a batch of 1,000 with one malformed item is answered 207, and 999 are stored'],
  ],
  14: [
    [PROCESS, 'test mode sends nothing, changes no record, and conflicts only with test mode'],
    ['actors/dtn/channel.test.ts', 'a test file is never dispatched'],
    [INBOUND, 'test messages reach test processes only and touch no record'],
    [ENGINE, 'test mode conflicts only with test mode'],
  ],
  15: [
    [ENGINE, "another supplier's key cannot see or affect the process"],
    ['gateway/requests.test.ts', 'another supplier sees nothing of it'],
  ],
};
