/**
 * Answers to batches of commands: those of one turn of the event loop leave together, those of one batch in one message, within its
 * bytes. One write to the socket for all of them (bench `route`).
 */
import type { Clock } from '../engine/ports.ts';
import { answerAt, encodeAnswers } from './command-wire.ts';

/** Those of one batch. */
export interface BatchAnswers {
  /** @param answer as `encodeReply` or `encodeFailure` made it */
  add(index: number, answer: string): void;
}

interface Waiting {
  readonly to: string;
  answers: string[];
}

export class Answering {
  readonly #clock: Pick<Clock, 'soon'>;
  readonly #publish: (to: string, bytes: Buffer) => void;
  readonly #most: () => number;
  #leaving: Waiting[] = [];

  /** @param most bytes of the answers of one message */
  constructor(clock: Pick<Clock, 'soon'>, publish: (to: string, bytes: Buffer) => void, most: () => number) {
    this.#clock = clock;
    this.#publish = publish;
    this.#most = most;
  }

  /** @param to whoever waits for them */
  open(to: string): BatchAnswers {
    const waiting: Waiting = { to, answers: [] };
    return {
      add: (index, answer) => {
        waiting.answers.push(answerAt(index, answer));
        if (waiting.answers.length > 1) return;
        this.#leaving.push(waiting);
        if (this.#leaving.length === 1) this.#clock.soon(() => this.#leave());
      },
    };
  }

  #leave(): void {
    const most = this.#most();
    for (const waiting of this.#leaving.splice(0)) {
      const { to, answers } = waiting;
      waiting.answers = [];
      let part: string[] = [];
      let bytes = 0;
      for (const answer of answers) {
        const size = Buffer.byteLength(answer) + 1;
        if (part.length > 0 && bytes + size > most) {
          this.#publish(to, encodeAnswers(part));
          part = [];
          bytes = 0;
        }
        part.push(answer);
        bytes += size;
      }
      this.#publish(to, encodeAnswers(part));
    }
  }
}
