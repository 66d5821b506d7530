/**
 * The modem and pad lines of this node, shared.
 *
 * - P1 One session per line; a line is handed out only when it is on hook and its pause is over.
 * - P2 Within a group, immediate sessions go before overnight ones, and otherwise first come, first served. Of several free lines the
 *   one that rested longest is taken, so that all wear alike.
 * - P3 A line comes back by itself, whatever became of its session.
 * - P4 A line that was reserved is dialled by the session that it is kept for, and by no other, until that is over.
 */
import type { Clock, Log } from '../engine/ports.ts';
import { type Link, LinkError, type LinkOpener, type LinkRequest } from '../link/link.ts';
import { speech } from './cluster-groups.ts';
import { Line, type LineView } from './line.ts';
import { dialogueFor } from './line-dialogue.ts';
import type { LineOptions, LinesOptions } from './options.ts';
import type { OpenPort } from './port.ts';
import { openLinePort } from './ports.ts';
import { Reservations } from './reservations.ts';
import { createRoutes, type RoutedAddress } from './routes.ts';
import { type Waiter, WaitingList } from './waiting-list.ts';

export interface LinePoolPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Other ports than the real ones. */
  readonly openPort?: OpenPort;
  /** Told of every change of a line. */
  readonly changed?: (view: LineView) => void;
}

const WANTED = { telephone: 'modem line', paknet: 'PAKNET pad' } as const;

/** A group of lines as other nodes are told of it. */
export interface GroupLoad {
  readonly name: string;
  readonly dialogue: LineOptions['dialogue'];
  readonly lines: number;
  /** Lines that could be had at once. */
  readonly free: number;
  /** Sessions that wait for one. */
  readonly waiting: number;
  /** What its lines speak, in words: each way once, in order. Versions before it was told leave it out. */
  readonly speaks?: readonly string[];
}

/** Who wants a line before it has anything to dial. */
export interface ReserveRequest {
  readonly group: string;
  /** As in the requests for links that follow. */
  readonly owner: string;
  readonly priority: LinkRequest['priority'];
}

interface Group {
  readonly lines: Line[];
  /** In the order in which they became free. */
  readonly free: Set<Line>;
  readonly waiting: WaitingList<Line>;
}

export class LinePool {
  readonly #options: LinesOptions;
  readonly #ports: LinePoolPorts;
  readonly #groups = new Map<string, Group>();
  readonly #lines: readonly Line[];
  readonly #routes: (address: RoutedAddress) => string;
  readonly #reservations = new Reservations();
  #stopped = false;
  readonly #refusals = new Set<() => void>();

  constructor(options: LinesOptions, ports: LinePoolPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#routes = createRoutes(options.routes, options.modems);
    this.#lines = options.modems.map((modem) => {
      const line = new Line(modem, {
        clock: ports.clock,
        log: ports.log,
        openPort: ports.openPort ?? openLinePort,
        pool: options,
        free: (freed) => this.#freed(freed),
        changed: (view) => ports.changed?.(view),
      });
      const group = this.#groups.get(modem.group) ?? { lines: [], free: new Set(), waiting: new WaitingList() };
      this.#groups.set(modem.group, group);
      group.lines.push(line);
      group.free.add(line);
      return line;
    });
  }

  /** The group of lines that reaches an address; its canonical form is enough. */
  groupOf(address: RoutedAddress): string {
    return this.#routes(address);
  }

  lines(): readonly LineView[] {
    return this.#lines.map((line) => line.view());
  }

  /** Lines of a group, those of them that could be had at once, and sessions that wait for one. */
  load(group: string): { readonly lines: number; readonly free: number; readonly waiting: number } {
    const found = this.#groups.get(group);
    return { lines: found?.lines.length ?? 0, free: found?.free.size ?? 0, waiting: found?.waiting.size ?? 0 };
  }

  groups(): readonly GroupLoad[] {
    return [...this.#groups].map(([name, { lines }]) => ({
      name,
      dialogue: lines[0]?.options.dialogue ?? 'at',
      ...this.load(name),
      speaks: speech(lines.map((line) => line.view())),
    }));
  }

  /** More wait for that group than may. */
  isFull(group: string): boolean {
    return (this.#groups.get(group)?.waiting.size ?? 0) >= this.#options.maxWaiting;
  }

  /** Waits for a line and keeps it for that owner, who dials with `open`, until `unreserve`. @throws LinkError */
  async reserve({ group, owner, priority }: ReserveRequest, signal: AbortSignal): Promise<void> {
    if (this.#reservations.has(owner)) throw new LinkError('busy', `${owner} has a line already`);
    const line = await this.#lease(group, 'line', { owner, priority }, signal);
    if (!signal.aborted) return this.#reservations.keep(owner, line);
    line.giveBack();
    throw new LinkError('aborted', 'broken off while waiting for a line');
  }

  /** The line goes to the next one, at once or once it is on hook. */
  unreserve(owner: string): void {
    const dropped = this.#reservations.drop(owner);
    if (dropped?.state === 'leased') dropped.line.giveBack();
    else if (dropped?.state === 'kept') this.#freed(dropped.line);
  }

  /**
   * Waits for a line of the address's group and dials. `connectTimeoutMs` of the request begins when it has the line.
   * @throws LinkError
   */
  async open(request: LinkRequest, signal: AbortSignal): Promise<Link> {
    const { address } = request;
    if (address.kind === 'tcp') throw new LinkError('no_line', 'address: lines dial telephone numbers and PAKNET addresses only, tcp');
    const dialled = address.kind === 'telephone' ? address.dial : address.digits;
    if (this.#reservations.has(request.owner)) {
      const kept = await this.#reservations.take(request.owner, signal);
      return await kept.dial(dialled, request, signal);
    }
    const name = this.groupOf(address);
    const [first] = this.#groups.get(name)?.lines ?? [];
    if (first !== undefined && first.options.dialogue !== dialogueFor(address.kind))
      throw new LinkError('no_line', `no ${WANTED[address.kind]} in group ${name}`);
    const line = await this.#lease(name, WANTED[address.kind], request, signal);
    return await line.dial(dialled, request, signal);
  }

  /** Ends all calls; resolves once every line is on hook, in bounded time. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const refuse of [...this.#refusals]) refuse();
    await Promise.all(this.#lines.map((line) => line.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #lease(name: string, what: string, request: Pick<LinkRequest, 'owner' | 'priority'>, signal: AbortSignal): Promise<Line> {
    const group = this.#groups.get(name);
    if (this.#stopped) return Promise.reject(new LinkError('no_line', 'the modem lines are being stopped'));
    if (group === undefined) return Promise.reject(new LinkError('no_line', `no ${what} in group ${name}`));
    if (signal.aborted) return Promise.reject(new LinkError('aborted', 'broken off before dialling'));
    for (const line of group.free) {
      group.free.delete(line);
      line.lease(request.owner);
      return Promise.resolve(line);
    }
    const { maxWaiting, waitTimeoutMs } = this.#options;
    if (group.waiting.size >= maxWaiting) return Promise.reject(new LinkError('no_line', `more than ${maxWaiting} sessions wait for group ${name}`));
    return new Promise((resolve, reject) => {
      const refuse = (error: LinkError) => {
        group.waiting.remove(waiter);
        settle();
        reject(error);
      };
      const abort = () => refuse(new LinkError('aborted', 'broken off while waiting for a line'));
      const stop = () => refuse(new LinkError('no_line', 'the modem lines are being stopped'));
      const late = this.#ports.clock.after(waitTimeoutMs, () => refuse(new LinkError('no_line', `no line of group ${name} within ${waitTimeoutMs} ms`)));
      const settle = () => {
        late.cancel();
        signal.removeEventListener('abort', abort);
        this.#refusals.delete(stop);
      };
      const waiter: Waiter<Line> = {
        priority: request.priority,
        take: (line) => {
          settle();
          line.lease(request.owner);
          resolve(line);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#refusals.add(stop);
      group.waiting.add(waiter);
    });
  }

  #freed(line: Line): void {
    if (this.#reservations.freed(line)) return;
    const group = this.#groups.get(line.options.group);
    const waiter = group?.waiting.shift();
    if (waiter !== undefined) waiter.take(line);
    else group?.free.add(line);
  }
}

/** The modem part of opening links. */
export function createLineOpener(pool: LinePool): LinkOpener {
  return { open: (request, signal) => pool.open(request, signal) };
}
