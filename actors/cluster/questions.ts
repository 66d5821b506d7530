/** Single questions on core NATS, each with one answer, on an inbox of our own. The library's own would use its timers and its inbox. */
import { createInbox, type Msg } from 'nats';
import type { Clock, Log, Timer } from '../engine/ports.ts';
import { MeterwrightError } from '../errors/error.ts';
import { isNobody, type NatsSource, Subscriptions } from './subscriptions.ts';

interface Waiting {
  readonly node: string;
  /** The error in an answer that is somebody else's; one that is awaited may come yet. */
  readonly stranger: (data: Uint8Array) => MeterwrightError | undefined;
  /** The last such error. */
  refused: MeterwrightError | undefined;
  readonly timer: Timer;
  readonly resolve: (data: Uint8Array) => void;
  readonly reject: (error: MeterwrightError) => void;
}

export interface QuestionsSetup {
  readonly nats: NatsSource;
  /** `nats.inboxPrefix`. */
  readonly inboxPrefix: string;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}

export class Questions {
  readonly #setup: QuestionsSetup;
  readonly #subscriptions: Subscriptions;
  readonly #inbox: string;
  readonly #waiting = new Map<string, Waiting>();
  readonly #unwatch: () => void;
  #next = 0;

  constructor(setup: QuestionsSetup) {
    this.#setup = setup;
    this.#inbox = createInbox(setup.inboxPrefix);
    this.#subscriptions = new Subscriptions(setup.nats, setup.log);
    this.#subscriptions.listen(`${this.#inbox}.*`, (message) => this.#answered(message));
    this.#unwatch = setup.nats.onChange((connected) => {
      if (!connected) this.#endAll('NATS is away');
    });
  }

  /**
   * Rejects with `node_away`, `answer_timeout` or `command_too_large`, or with what a stranger said where nobody else answers.
   * @param node whoever is asked, for the errors @param stranger the error in an answer of somebody who was not asked
   */
  ask(node: string, subject: string, question: Buffer, timeoutMs: number, stranger: Waiting['stranger'] = () => undefined): Promise<Uint8Array> {
    const nc = this.#subscriptions.connection;
    if (!nc) return Promise.reject(away(node, 'NATS is away'));
    const most = nc.info?.max_payload ?? question.length;
    if (question.length > most) {
      return Promise.reject(new MeterwrightError('command_too_large', `payload: a message to another node takes ${most} bytes, is ${question.length}`));
    }
    return new Promise((resolve, reject) => {
      const number = (this.#next++).toString(36);
      const late = (): void => {
        const refused = this.#waiting.get(number)?.refused;
        this.#waiting.delete(number);
        reject(refused ?? new MeterwrightError('answer_timeout', `node: ${node} did not answer within ${timeoutMs} ms`, { retry: 'later', details: { node } }));
      };
      const waiting: Waiting = { node, stranger, refused: undefined, timer: this.#setup.clock.after(timeoutMs, late), resolve, reject };
      this.#waiting.set(number, waiting);
      try {
        nc.publish(subject, question, { reply: `${this.#inbox}.${number}` });
      } catch {
        this.#end(number)?.reject(away(node, 'the question could not be sent'));
      }
    });
  }

  close(): void {
    this.#unwatch();
    this.#endAll('this node is stopping');
    this.#subscriptions.close();
  }

  #answered(message: Msg): void {
    const number = message.subject.slice(this.#inbox.length + 1);
    const waiting = this.#waiting.get(number);
    if (!waiting) return;
    if (isNobody(message)) {
      this.#end(number)?.reject(away(waiting.node, 'nobody of that name is there'));
      return;
    }
    const refused = waiting.stranger(message.data);
    if (refused) waiting.refused = refused;
    else this.#end(number)?.resolve(message.data);
  }

  #end(number: string): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    waiting?.timer.cancel();
    return waiting;
  }

  #endAll(why: string): void {
    for (const number of [...this.#waiting.keys()]) {
      const waiting = this.#end(number);
      waiting?.reject(away(waiting.node, why));
    }
  }
}

function away(node: string, why: string): MeterwrightError {
  return new MeterwrightError('node_away', `node: ${node} cannot be asked: ${why}`, { retry: 'later', details: { node } });
}
