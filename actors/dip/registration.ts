/** Tells the DIP where our callbacks are: per interface and own participant, and for status messages (appointments 2.3, 2.4). */
import type { Clock, Log, Random } from '../engine/ports.ts';
import type { DipClient } from './client.ts';
import type { DipOptions } from './options.ts';
import { classifyStatus, retryDelayMs } from './retry.ts';
import { sleep } from './sleep.ts';

export interface RegistrationSetup {
  readonly options: Pick<DipOptions, 'callbackBaseUrl' | 'interfaces' | 'suppliers' | 'maxBodyBytes' | 'batch' | 'retry'>;
  readonly client: DipClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface Callback {
  readonly path: string;
  readonly url: string;
}

/** Every callback that we want, as the path to register it at and our own address. */
export function callbacksOf(options: RegistrationSetup['options']): readonly Callback[] {
  const base = options.callbackBaseUrl.replace(/\/+$/, '');
  return options.suppliers.flatMap(({ dipId }) => [
    ...options.interfaces.map((name) => ({ path: `/dip-channel/${name}/pubconfig/${dipId}`, url: `${base}/dip/inbound/${name}` })),
    { path: `/statusmessage/config/${dipId}`, url: `${base}/dip/inbound/status` },
  ]);
}

export class Registration {
  /** Settled once the DIP has answered about every callback, well or ill. */
  readonly answered: Promise<void>;
  readonly #setup: RegistrationSetup;
  readonly #abort = new AbortController();
  #resolveAnswered: () => void = () => {};
  #run: Promise<void> = Promise.resolve();

  constructor(setup: RegistrationSetup) {
    this.#setup = setup;
    this.answered = new Promise((resolve) => {
      this.#resolveAnswered = resolve;
    });
  }

  /** Registering twice does no harm; what fails is tried again in the background until it works. */
  start(): void {
    this.#run = this.#registerAll();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#run;
  }

  async #registerAll(): Promise<void> {
    const { options, clock, random, log } = this.#setup;
    const { signal } = this.#abort;
    let open = callbacksOf(options);
    for (let attempt = 1; open.length > 0 && !signal.aborted; attempt++) {
      const failed: Callback[] = [];
      let unreachable = false;
      for (const callback of open) {
        if (signal.aborted) return;
        const outcome: 'done' | 'refused' | 'unreachable' = unreachable ? 'unreachable' : await this.#register(callback);
        if (outcome !== 'done') failed.push(callback);
        // One that cannot be reached says that none can: the rest waits for the next round.
        unreachable ||= outcome === 'unreachable';
      }
      open = failed;
      if (!unreachable) this.#resolveAnswered();
      if (open.length > 0) await sleep(clock, retryDelayMs(options.retry, attempt, random.next(), options.retry.initialMs), signal);
      else log.info({}, 'all callbacks are registered with the DIP');
    }
  }

  async #register(callback: Callback): Promise<'done' | 'refused' | 'unreachable'> {
    const { client, options, log } = this.#setup;
    const body = { callbackURL: callback.url, maxMessageCount: options.batch.maxItems, maxPayloadSize: Math.floor(options.maxBodyBytes / 1_024) };
    const call = await client.call('POST', callback.path, { body: JSON.stringify(body), signal: this.#abort.signal });
    if (call.kind !== 'answer') return 'unreachable';
    const { status } = call.reply;
    const kind = classifyStatus(status);
    if (kind === 'accepted') return 'done';
    if (kind === 'retry') return 'unreachable';
    log.error({ path: callback.path, status }, 'the DIP refuses to register a callback');
    return 'refused';
  }
}
