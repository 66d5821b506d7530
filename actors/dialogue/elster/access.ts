/** The password of an Elster meter: given at log-in, and again before it grows old (meter-protocols 6.1, steps 5 to 7 and 9). */
import { elsterErrorName, loginCommands, seedOf } from '../../../workers/codec/elster/index.ts';
import type { CommandTelegram } from '../../../workers/codec/iec62056-21/index.ts';
import type { MeterProfile } from '../../profile/profile.ts';
import { passwordOf } from '../common/answers.ts';
import { DialogueError, type DialogueSetup, type StepLimits } from '../dialogue.ts';
import { type IecLine, maskOperand } from '../iec/iec-line.ts';

type ElsterSection = NonNullable<MeterProfile['elster']>;

const COMMUNICATION_ERROR = 'communication-error';

export class ElsterAccess {
  readonly #setup: DialogueSetup;
  readonly #section: ElsterSection;
  readonly #line: IecLine;
  #steps: readonly CommandTelegram[] = [];
  /** When the meter last took the password. */
  #takenMs = Number.NEGATIVE_INFINITY;
  #refused: DialogueError | undefined;

  constructor(setup: DialogueSetup, section: ElsterSection, line: IecLine) {
    this.#setup = setup;
    this.#section = section;
    this.#line = line;
  }

  /** @param operand of the meter's P0 @throws DialogueError `login` when the meter refuses the password */
  async logIn(operand: string | null, limits: StepLimits): Promise<void> {
    this.#steps = this.#commands(operand);
    for (const step of this.#steps) await this.#give(step, limits);
  }

  /** Gives the password again. @throws DialogueError */
  async refresh(limits: StepLimits): Promise<void> {
    const last = this.#steps.at(-1);
    if (last === undefined) throw new DialogueError('engine', 'log-in: the meter has not been logged in to');
    // Once refused it is not tried again: some meters lock.
    if (this.#refused !== undefined) throw this.#refused;
    await this.#give(last, limits);
  }

  /** Before a read: gives the password again when it would grow too old before the answer. @throws DialogueError */
  async keep(limits: StepLimits): Promise<void> {
    const spareMs = 2 * this.#setup.profile.timing.replyTimeoutMs;
    if (this.#ageMs() + spareMs >= this.#section.refreshPasswordMs && this.#refused === undefined) await this.refresh(limits);
  }

  #ageMs(): number {
    return this.#setup.clock.monotonic() - this.#takenMs;
  }

  #commands(operand: string | null): readonly CommandTelegram[] {
    const { passwordLevel, nullPasswordFirst } = this.#section;
    const seed = seedOf(operand);
    if (seed === undefined && passwordLevel === 'P2') throw new DialogueError('meter', 'log-in: the meter gave no seed of 16 hexadecimal digits');
    const level = passwordLevel === 'P1' ? 1 : nullPasswordFirst ? 3 : 2;
    const commands = loginCommands(level, seed ?? new Uint8Array(8), passwordOf(this.#setup));
    if (commands.kind === 'bad') throw new DialogueError('config', commands.error.rule);
    return commands.value;
  }

  async #give(step: CommandTelegram, limits: StepLimits): Promise<void> {
    const answer = await this.#line.logIn(step, maskOperand, limits, this.#takenMs > Number.NEGATIVE_INFINITY);
    if (answer.kind === 'no-answer') throw answer.error;
    if (answer.kind === 'taken') {
      this.#takenMs = this.#setup.clock.monotonic();
      return;
    }
    const name = elsterErrorName(answer.code);
    if (name === COMMUNICATION_ERROR) throw new DialogueError('link', `log-in: the meter did not understand it (${answer.code})`, { meterCode: answer.code });
    const words = name === undefined ? answer.code : `${answer.code}, ${name}`;
    this.#refused = new DialogueError('login', `password refused (${words})`, { meterCode: answer.code });
    throw this.#refused;
  }
}
