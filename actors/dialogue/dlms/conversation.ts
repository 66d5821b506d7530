/**
 * One question, one answer: protects what goes out, opens what comes in, and believes only what answers the question at hand
 * (meter-protocols 5.4, 5.9).
 *
 * - C1 The invoke-id steps on whenever an older answer may still be on its way: after a repetition, a time-out, an unknown outcome.
 *   Until then it stays `C1`, which every meter knows.
 * - C2 A volatile question is asked once. It is asked again only after the meter provably refused it for its counter, with a fresh
 *   payload. Whatever leaves its outcome open rejects with class `write`.
 * - C3 `D8 01 06` (counter too low) is followed once in an association, and only with a counter that was reserved above the floor.
 */
import type { DataValue } from '../../../workers/codec/data/index.ts';
import { type apdu as apdus, codecError, errorOf, type security } from '../../../workers/codec/index.ts';
import type { Stamp } from '../../link/link.ts';
import { DialogueError, type StepLimits } from '../dialogue.ts';
import { CounterInDoubt, exceptionFault, rubbish, serviceFault, unexpected } from './faults.ts';
import { LargeAnswers } from './large-answers.ts';
import { type DlmsLine, NoAnswer } from './line.ts';
import { IN_CLEAR, type Opened, type Protection } from './protection.ts';

export interface Question {
  /** For texts: `serial number`, `clock` … */
  readonly what: string;
  readonly build: (invocation: apdus.Invocation) => apdus.PlainApdu;
  /** Kept to, for the blocks of one answer; default: the conversation's own. */
  readonly invokeId?: number;
  /** Another way to make the octets; default: as everything is protected. */
  readonly seal?: (plain: apdus.PlainApdu) => Uint8Array;
  readonly expects: apdus.PlainApdu['pdu'];
  /** A write: see C2. */
  readonly volatile?: boolean;
  /** Part of a log-in: not asked again after a time-out, and in no trace. */
  readonly logIn?: boolean;
  /** It holds the password, or a proof of it or of keys, which the meter has not taken yet in this session. */
  readonly proves?: boolean;
  /** An exception or service error is given back rather than thrown. */
  readonly takesFaults?: boolean;
}

export interface Heard {
  readonly plain: apdus.PlainApdu;
  readonly sentAt: Stamp;
  readonly firstAt: Stamp;
  readonly repeated: boolean;
}

const EXCEPTION = 0xd8;
const READ_RESPONSE = 0x0c;
const INVOCATION_COUNTER_ERROR = 6;
/** Answers to older questions that are passed over where the link itself cannot. */
const MOST_LATE = 3;

export class Conversation {
  readonly #line: DlmsLine;
  readonly #retries: number;
  readonly #now: () => number;
  readonly #large: LargeAnswers;
  protection: Protection = IN_CLEAR;
  #invokeId = 1;
  #isRaised = false;

  /** @param retries times that a question is asked again where the link does not repeat by itself */
  constructor(line: DlmsLine, retries: number, now: () => number, large = new LargeAnswers(undefined)) {
    this.#line = line;
    this.#large = large;
    this.#retries = retries;
    this.#now = now;
  }

  /** A new association begins. */
  begin(protection: Protection): void {
    this.protection = protection;
    this.#isRaised = false;
  }

  /** @throws DialogueError */
  async ask(question: Question, limits: StepLimits): Promise<Heard> {
    let repeats = 0;
    let late = 0;
    for (;;) {
      await this.protection.prepare();
      // On the wrapper a failed exchange takes nothing away: its machine is set going again, and the association stands.
      if (!this.#line.isOpen && this.#line.framing === 'wrapper') await this.#line.open(limits);
      try {
        const heard = await this.#askOnce(question, limits);
        if (heard === 'raised') continue;
        if (heard !== 'late') return repeats > 0 || late > 0 ? { ...heard, repeated: true } : heard;
        this.#stepOn();
        if (question.volatile === true) throw new DialogueError('write', `${question.what}: the answer to the write did not come`);
        if (++late > MOST_LATE) throw new DialogueError('link', `${question.what}: only answers to older requests`);
      } catch (error) {
        this.#stepOn();
        const mayRepeat = this.#line.framing === 'wrapper' && question.volatile !== true && question.logIn !== true;
        if (!mayRepeat || !(error instanceof NoAnswer) || ++repeats > this.#retries || this.#now() >= limits.deadlineMs) throw error;
      }
    }
  }

  async #askOnce(question: Question, limits: StepLimits): Promise<Heard | 'late' | 'raised'> {
    const invocation: apdus.Invocation = { invokeId: question.invokeId ?? this.#invokeId, confirmed: true, highPriority: true };
    const seal = question.seal ?? ((plain) => this.protection.seal(plain));
    const answer = await this.#line.request(
      {
        payload: () => seal(question.build(invocation)),
        volatile: question.volatile === true,
        secret: question.logIn === true,
        proves: question.proves === true,
        // What is large is judged once it was opened; no answer to a write is.
        accepts: (payload) =>
          this.#large.isLarge(payload) ? question.volatile !== true : isAnswer(this.protection.open(payload), question, invocation.invokeId),
      },
      limits,
    );
    if (answer.repeated) this.#stepOn();
    const opened = await this.#open(answer.payload);
    if (!isAnswer(opened, question, invocation.invokeId)) return 'late';
    const plain = this.#taken(question, opened, answer.payload);
    if (plain.pdu === 'exception-response' && (await this.#raised(plain))) return 'raised';
    if (question.takesFaults !== true) {
      if (plain.pdu === 'exception-response') throw exceptionFault(question.what, plain);
      if (plain.pdu === 'confirmed-service-error') throw serviceFault(question.what, plain);
    }
    return { plain, sentAt: answer.sentAt, firstAt: answer.firstAt, repeated: answer.repeated };
  }

  #stepOn(): void {
    this.#invokeId = (this.#invokeId % 15) + 1;
  }

  /** @throws CounterInDoubt the meter refuses the counter and does not say which it wants: `D8 state 06` without the four octets of today */
  #taken({ what, volatile }: Question, opened: Opened, payload: Uint8Array): apdus.PlainApdu {
    if (opened.kind === 'good') {
      this.protection.accept(opened.value);
      return opened.value.plain;
    }
    const [tag, state, service] = payload;
    if (this.protection.ciphered && payload.length === 3 && tag === EXCEPTION && service === INVOCATION_COUNTER_ERROR)
      throw new CounterInDoubt(`refused by the meter in ${what}`, `exception ${state}/${service}`);
    const fault = rubbish(what, errorOf(opened, payload.length));
    throw volatile === true ? new DialogueError('write', fault.message) : fault;
  }

  async #open(payload: Uint8Array): Promise<Opened> {
    return this.#large.isLarge(payload) ? this.#large.open(payload, this.protection.opening) : this.protection.open(payload);
  }

  /** A value of many blocks, joined. @throws DialogueError */
  async dataOf(what: string, octets: Uint8Array): Promise<DataValue> {
    const decoded = await this.#large.data(octets);
    if (decoded.kind !== 'good') throw rubbish(what, errorOf(decoded, octets.length));
    if (decoded.consumed !== octets.length) throw rubbish(what, codecError('trailing_octets', decoded.consumed, 'joined blocks: nothing after the value', ''));
    return decoded.value;
  }

  /** A read by short name of many blocks, joined: the list of answers as it stands in an answer without blocks. @throws DialogueError */
  async answersOf(what: string, octets: Uint8Array): Promise<readonly apdus.ReadResult[]> {
    const whole = new Uint8Array(octets.length + 1);
    whole[0] = READ_RESPONSE;
    whole.set(octets, 1);
    const opened = this.#large.isLarge(whole) ? await this.#large.open(whole, IN_CLEAR.opening) : IN_CLEAR.open(whole);
    if (opened.kind !== 'good') throw rubbish(what, errorOf(opened, whole.length));
    const { plain } = opened.value;
    if (plain.pdu !== 'read-response') throw unexpected(what, plain.pdu);
    return plain.results;
  }

  async #raised({ serviceError, invocationCounterExpected }: apdus.ExceptionResponse): Promise<boolean> {
    if (!this.protection.ciphered || serviceError !== INVOCATION_COUNTER_ERROR || invocationCounterExpected === undefined || this.#isRaised) return false;
    this.#isRaised = true;
    await this.protection.raise(invocationCounterExpected);
    return true;
  }
}

/** What cannot be opened counts as the answer: it must end the question with its reason. */
function isAnswer(opened: Opened, { expects }: Question, invokeId: number): boolean {
  if (opened.kind === 'good') return isAnswerTo(opened.value, expects, invokeId);
  return opened.kind !== 'bad' || opened.error.code !== 'stale_counter';
}

function isAnswerTo({ plain }: security.OpenedApdu, expects: apdus.PlainApdu['pdu'], invokeId: number): boolean {
  if (plain.pdu === 'exception-response' || plain.pdu === 'confirmed-service-error') return true;
  if (plain.pdu !== expects) return false;
  return !('invokeId' in plain) || plain.invokeId === invokeId;
}
