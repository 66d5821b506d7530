/** Reads the stream of events as another system on this machine would: as the listener. */
import { DeliverPolicy, jetstream } from '@nats-io/jetstream';
import { connect } from 'nats';
import { natsCredentials } from '../../../ops/nats/credentials.ts';

export interface SeenEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly natsSubject: string;
  /** Of the stream. */
  readonly seq: number;
}

const QUIET_MS = 300;

/**
 * All events of the stream so far, in order.
 * @param dataDir folder in which the server's passwords are kept
 */
export async function readEvents(url: string, dataDir: string): Promise<readonly SeenEvent[]> {
  const { user, password } = natsCredentials(dataDir).listener;
  const connection = await connect({ servers: url, user, pass: password, maxReconnectAttempts: 3 });
  try {
    const consumer = await jetstream(connection).consumers.get('MW_EVENTS', { deliver_policy: DeliverPolicy.All });
    const { num_pending } = await consumer.info();
    const seen: SeenEvent[] = [];
    while (seen.length < num_pending) {
      const message = await consumer.next({ expires: 1_000 + QUIET_MS });
      if (!message) break;
      seen.push({ ...(message.json() as Omit<SeenEvent, 'natsSubject' | 'seq'>), natsSubject: message.subject, seq: message.seq });
    }
    return seen;
  } finally {
    await connection.close();
  }
}

/** Version and number of an event's id, `<actor>/<version>/<n>`. */
export function placeOf(event: SeenEvent): readonly [version: number, n: number] {
  const [version, n] = event.id.split('/').slice(-2).map(Number);
  return [version ?? Number.NaN, n ?? Number.NaN];
}
