/** Requests that wait, first come first served. Those that were settled while they waited are skipped when they come up. */
import type { Job } from './job.ts';

export class JobQueue {
  /** From the head on; what is before it was let go, so that no answer stays alive through a request that is done. */
  #jobs: (Job | undefined)[] = [];
  #head = 0;

  push(job: Job): void {
    this.#jobs.push(job);
  }

  /** Back to the front, in their order. */
  putBack(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    this.#jobs = [...jobs, ...this.#jobs.slice(this.#head)];
    this.#head = 0;
  }

  /** The next that still waits. */
  peek(): Job | undefined {
    for (;;) {
      const job = this.#jobs[this.#head];
      if (job === undefined || job.state === 'waiting') return job;
      this.#drop();
    }
  }

  shift(): Job | undefined {
    const job = this.peek();
    if (job !== undefined) this.#drop();
    return job;
  }

  /** How many wait. */
  count(): number {
    let count = 0;
    for (let at = this.#head; at < this.#jobs.length; at++) if (this.#jobs[at]?.state === 'waiting') count++;
    return count;
  }

  #drop(): void {
    this.#jobs[this.#head++] = undefined;
    if (this.#head === this.#jobs.length) {
      this.#jobs = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#head = 0;
    }
  }
}
