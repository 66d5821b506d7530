/**
 * The counters of one session, reserved ahead of use (meter-protocols 5.9).
 *
 * - N1 Ours are in doubt after a restore, and when the meter refuses one without saying which it wants. Then the meter is asked, once in a
 *   session, through its public client.
 * - N2 What it tells there is not authenticated: it only raises, and no farther than the owner of the counters allows.
 */
import type { DataValue } from '../../../workers/codec/data/index.ts';
import { security } from '../../../workers/codec/index.ts';
import { DialogueError, type StepLimits } from '../dialogue.ts';
import type { DialogueServices } from '../services.ts';
import { associate } from './associate.ts';
import { Conversation } from './conversation.ts';
import { CounterInDoubt } from './faults.ts';
import { DlmsLine, type LineSetup } from './line.ts';
import { logicalObjects } from './logical-names.ts';
import { COUNTER } from './objects.ts';
import { shortNameObjects } from './short-names.ts';

type Reserved = Awaited<ReturnType<DialogueServices['reserveCounters']>>;

export class SessionCounters implements Pick<DialogueServices, 'reserveCounters'> {
  readonly #services: Pick<DialogueServices, 'reserveCounters'>;
  #asked = false;
  #floor: number | undefined;
  /** Reserved, and not used before the meter was asked. */
  #kept: Reserved | undefined;

  constructor(services: Pick<DialogueServices, 'reserveCounters'>) {
    this.#services = services;
  }

  get mayAsk(): boolean {
    return !this.#asked;
  }

  /** The meter was asked. @param read the last counter that it has seen; undefined: it would not tell */
  told(read: number | undefined): void {
    this.#asked = true;
    this.#floor = read === undefined ? undefined : Math.min(read + 1, security.LAST_COUNTER);
  }

  /** @throws CounterInDoubt */
  async reserveCounters(clientSystemTitle: Uint8Array, keyMark: string, floor?: number): Promise<Reserved> {
    const kept = this.#kept;
    const least = floor ?? this.#floor;
    this.#kept = this.#floor = undefined;
    if (kept !== undefined && least === undefined) return kept;
    const reserved = await this.#services.reserveCounters(clientSystemTitle, keyMark, least);
    if (reserved.doubtful !== true || this.#asked) return reserved;
    this.#kept = reserved;
    throw new CounterInDoubt('the store of counters was restored');
  }
}

/** The public client of the standard: no password, no keys, and little that it may read. */
const PUBLIC_CLIENT = 16;

/**
 * Reads the last counter that the meter has seen of a client: `0.0.43.1.0.255` through the public client, over the same link, whose own
 * association must have been ended.
 *
 * @throws DialogueError
 */
export async function readPublicCounter(setup: LineSetup, services: Pick<DialogueServices, 'random' | 'reserveCounters'>, limits: StepLimits): Promise<number> {
  const line = new DlmsLine({ ...setup, station: { ...setup.station, client: PUBLIC_CLIENT } });
  const now = (): number => setup.clock.monotonic();
  const { dlms } = setup;
  const conversation = new Conversation(line, setup.timing.retries, now);
  await line.open(limits);
  try {
    const { referencing, vaaName } = await associate(
      { line, conversation, dlms, mechanism: 0, password: '', keys: undefined, services, now, isTaken: false },
      limits,
    );
    const objects = referencing === 'LN' ? logicalObjects(conversation, dlms) : shortNameObjects(conversation, dlms, vaaName);
    return counterOf((await objects.readCounter(limits)).value);
  } finally {
    if (line.isOpen && line.framing === 'hdlc') await line.close(limits).catch(() => undefined);
  }
}

/** @throws DialogueError `meter` */
function counterOf(value: DataValue): number {
  if (value.type === 'double-long-unsigned' || value.type === 'long-unsigned') return value.value;
  throw new DialogueError('meter', `${COUNTER}: a number of 32 bits, not ${value.type}`);
}
