/** A dialogue under a clock of the test: what was sent and told, as text. */
import { type ModemCommand, ModemDialogue, type ModemEvent, type ModemInput, type ModemSettings } from '../../../machines/modem-line/index.ts';

export const SETTINGS: ModemSettings = {
  guardMs: 1_000,
  escapeMarginMs: 500,
  commandTimeoutMs: 5_000,
  commandTries: 3,
  commandPauseMs: 100,
  initCommands: ['ATS0=0E0V1'],
  dialPrefix: '',
  tone: false,
  dialTimeoutMs: 60_000,
  postConnectMs: 500,
  connectCodes: [1],
  hangUp: 'escape',
  dtr: false,
  dtrLowMs: 1_000,
  dtrRecoveryMs: 500,
  carrierQuietMs: 300,
};

const text = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1');

export class Rig {
  now = 0;
  readonly sent: string[] = [];
  readonly events: ModemEvent[] = [];
  /** Answers by command; a command without one gets none. */
  answers: Record<string, string | readonly string[]>;
  readonly #dialogue: ModemDialogue;
  #deadline: number | null = null;
  readonly #asked = new Map<string, number>();

  constructor(change: Partial<ModemSettings> = {}, answers: Record<string, string | readonly string[]> = {}) {
    this.#dialogue = new ModemDialogue({ ...SETTINGS, ...change });
    this.answers = { ATH: '\r\nOK\r\n', ATZ: '\r\nOK\r\n', 'ATS0=0E0V1': '\r\nOK\r\n', AT: '\r\nOK\r\n', ...answers };
  }

  command(command: ModemCommand): void {
    this.#step({ type: 'command', command });
  }

  receive(octets: string): void {
    this.#step({ type: 'octets', octets: Buffer.from(octets, 'latin1') });
  }

  input(input: ModemInput): void {
    this.#step(input);
  }

  /** Moves on, stopping at each deadline on the way. */
  advance(ms: number): void {
    const end = this.now + ms;
    while (this.#deadline !== null && this.#deadline <= end) {
      this.now = this.#deadline;
      this.#step({ type: 'time' });
    }
    this.now = end;
  }

  /** Moves on until nothing is waited for; gives how long it took. */
  finish(): number {
    const start = this.now;
    for (let step = 0; this.#deadline !== null && step < 1_000; step++) this.advance(this.#deadline - this.now);
    return this.now - start;
  }

  /** Dials and connects. */
  connect(number = '07777000000'): void {
    this.answers[`ATD${number}`] ??= '\r\nCONNECT 9600\r\n';
    this.command({ type: 'dial', number });
    this.finish();
  }

  get types(): readonly string[] {
    return this.events.map((event) => event.type);
  }

  get data(): string {
    return this.events.map((event) => (event.type === 'data' ? text(event.octets) : '')).join('');
  }

  #step(input: ModemInput): void {
    const { send, events, deadlineMs } = this.#dialogue.step(input, this.now);
    this.#deadline = deadlineMs;
    this.events.push(...events);
    for (const octets of send) this.#answer(text(octets));
  }

  #answer(sent: string): void {
    this.sent.push(sent.trimEnd());
    const given = this.answers[sent.trimEnd()];
    if (given === undefined) return;
    const nth = this.#asked.get(sent) ?? 0;
    this.#asked.set(sent, nth + 1);
    const answer = typeof given === 'string' ? given : given[Math.min(nth, given.length - 1)];
    if (answer !== undefined && answer !== '') this.receive(answer);
  }
}
