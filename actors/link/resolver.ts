/**
 * Names to IP addresses by c-ares: `getaddrinfo` would take threads of the pool that the store uses (meter-protocols 3.4).
 *
 * - R1 Names that are asked for at once are asked for once; at most `maxLookups` at a time, others wait in order.
 * - R2 Answers are kept for their time to live within bounds; at most `maxNames`, those not used for longest go first.
 * - R3 Who gives up waiting stops nobody else.
 */
import { Resolver } from 'node:dns/promises';
import type { Clock } from '../engine/ports.ts';
import { canonicalIp } from './ip.ts';
import { LinkError } from './link.ts';
import type { DnsOptions } from './options.ts';
import { fixedAddresses } from './rules.ts';

export interface NameResolver {
  /**
   * @param deadlineMs monotonic
   * @returns at least one address
   * @throws LinkError `name_unknown`, `connect_timeout`, `aborted`
   */
  resolve(host: string, deadlineMs: number, signal: AbortSignal): Promise<readonly string[]>;
}

export interface NameResolverSetup {
  readonly clock: Clock;
  readonly options: DnsOptions;
  /** Names in lower case that are not asked for. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
}

interface Kept {
  readonly addresses: readonly string[];
  readonly untilMs: number;
}

interface Answer {
  readonly addresses: readonly string[];
  readonly ttlMs: number;
}

/** Words of c-ares for: there is no such name, or no address of this family. */
const UNKNOWN = new Set(['ENOTFOUND', 'ENODATA']);

export function createNameResolver({ clock, options, hosts }: NameResolverSetup): NameResolver {
  const resolver = new Resolver({ timeout: options.timeoutMs, tries: options.tries });
  if (options.servers.length > 0) resolver.setServers(options.servers);
  const kept = new Map<string, Kept>();
  const running = new Map<string, Promise<readonly string[]>>();
  const enter = createGate(options.maxLookups);

  const lookUp = async (host: string): Promise<readonly string[]> => {
    const leave = await enter();
    try {
      const { addresses, ttlMs } = await ask(resolver, host, options);
      keep(host, addresses, ttlMs);
      return addresses;
    } finally {
      leave();
      running.delete(host);
    }
  };

  const keep = (host: string, addresses: readonly string[], ttlMs: number) => {
    kept.delete(host);
    kept.set(host, { addresses, untilMs: clock.monotonic() + ttlMs });
    const [oldest] = kept.keys();
    if (kept.size > options.maxNames && oldest !== undefined) kept.delete(oldest);
  };

  const known = (host: string): readonly string[] | undefined => {
    const found = kept.get(host);
    if (found === undefined || found.untilMs <= clock.monotonic()) return undefined;
    kept.delete(host);
    kept.set(host, found);
    return found.addresses;
  };

  return {
    async resolve(host, deadlineMs, signal) {
      const literal = canonicalIp(host);
      if (literal !== undefined) return [literal];
      let addresses = fixedAddresses(host, hosts) ?? known(host);
      if (addresses === undefined) {
        const lookup = running.get(host) ?? lookUp(host);
        running.set(host, lookup);
        addresses = await within(lookup, clock, deadlineMs, signal, host);
      }
      if (addresses.length === 0) throw new LinkError('name_unknown', `${host}: there is no such name`);
      return addresses;
    },
  };
}

/** Both families at once. One that fails does no harm while the other answers. */
async function ask(resolver: Resolver, host: string, options: DnsOptions): Promise<Answer> {
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host, { ttl: true }), resolver.resolve6(host, { ttl: true })]);
  const records = [v4, v6].flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  const addresses = records.flatMap(({ address }) => canonicalIp(address) ?? []);
  if (addresses.length > 0) {
    const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1_000;
    return { addresses, ttlMs: Math.min(options.maxTtlMs, Math.max(options.minTtlMs, ttlMs)) };
  }
  for (const outcome of [v4, v6]) {
    const code = outcome.status === 'rejected' ? String(outcome.reason?.code) : 'ENODATA';
    if (!UNKNOWN.has(code)) throw new LinkError('name_unknown', `${host}: no name server could tell its address (${code})`);
  }
  return { addresses: [], ttlMs: options.unknownTtlMs };
}

/** Waits for what others may wait for too. */
function within<T>(work: Promise<T>, clock: Clock, deadlineMs: number, signal: AbortSignal, host: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => done(() => reject(new LinkError('aborted', 'opening was stopped')));
    const timer = clock.after(Math.max(0, deadlineMs - clock.monotonic()), () =>
      done(() => reject(new LinkError('connect_timeout', `${host}: no name server answered in time`))),
    );
    const done = (settle: () => void) => {
      timer.cancel();
      signal.removeEventListener('abort', stop);
      settle();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    work.then(
      (value) => done(() => resolve(value)),
      (error) => done(() => reject(error)),
    );
  });
}

/** A gate that lets `most` in at once, in the order in which they came. */
function createGate(most: number): () => Promise<() => void> {
  let inside = 0;
  const waiting: (() => void)[] = [];
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) inside -= 1;
    else next();
  };
  return async () => {
    if (inside < most) inside += 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    return leave;
  };
}
