/**
 * A way between two parties that can be cut and slowed, one direction at a time.
 *
 *   caller ──► out ──► party        open     octets pass, late by the delay of their direction
 *   caller ◄── back ◄─ party        silent   nothing is read from either side; who sends does not know. Goes on where it stopped when healed
 *                                   refused  connections are reset, new ones too
 *
 * I1  Octets of one direction keep their order, whatever its delay was when they came.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Passage = 'open' | 'silent' | 'refused';
export type Direction = 'out' | 'back';

/** What may wait in a delayed direction before its sender is held up. */
const HELD_BYTES = 4 * 1024 * 1024;

/** One direction of one connection: what has come waits here until it is due. */
class Flow {
  readonly #from: Socket;
  readonly #delayMs: () => number;
  readonly #queue: { readonly due: number; readonly bytes: number; readonly run: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #held = 0;
  #silent = false;

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    this.#from = from;
    this.#delayMs = delayMs;
    from.on('data', (chunk: Buffer) => this.#later(chunk.length, () => to.writable && to.write(chunk)));
    from.on('end', () => this.#later(0, () => to.end()));
    from.on('close', () => this.#later(0, () => to.destroy()));
    from.resume();
  }

  silence(on: boolean): void {
    this.#silent = on;
    if (on) this.#from.pause();
    else this.#deliver();
  }

  #later(bytes: number, run: () => void): void {
    this.#queue.push({ due: Math.max(this.#queue.at(-1)?.due ?? 0, performance.now() + this.#delayMs()), bytes, run });
    this.#held += bytes;
    if (this.#held > HELD_BYTES) this.#from.pause();
    this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    if (this.#silent) return;
    const now = performance.now();
    while ((this.#queue[0]?.due ?? Number.POSITIVE_INFINITY) <= now) {
      const { run, bytes } = this.#queue.shift() as { run: () => void; bytes: number };
      this.#held -= bytes;
      run();
    }
    if (this.#queue[0]) this.#timer = setTimeout(() => this.#deliver(), Math.ceil(this.#queue[0].due - now));
    if (this.#held <= HELD_BYTES) this.#from.resume();
  }
}

interface Pair {
  readonly caller: Socket;
  /** Undefined while nothing passes: the call has not gone through yet. */
  flows: readonly Flow[];
  party: Socket | undefined;
  dial: (() => Socket) | undefined;
}

export class Wire {
  #passage: Passage = 'open';
  readonly #delays: Record<Direction, number> = { out: 0, back: 0 };
  readonly #pairs = new Set<Pair>();

  get passage(): Passage {
    return this.#passage;
  }

  /** Everything is well again. */
  heal(): void {
    this.#delays.out = 0;
    this.#delays.back = 0;
    this.set('open');
  }

  set(passage: Passage): void {
    this.#passage = passage;
    for (const pair of [...this.#pairs]) {
      if (passage === 'refused') reset(pair);
      else for (const flow of pair.flows) flow.silence(passage === 'silent');
      if (passage === 'open' && pair.dial) this.#call(pair, pair.dial);
    }
  }

  delay(direction: Direction, delayMs: number): void {
    this.#delays[direction] = delayMs;
  }

  /** Takes a caller on to whom `dial` calls. */
  carry(caller: Socket, dial: () => Socket): void {
    caller.setNoDelay(true).on('error', () => {});
    if (this.#passage === 'refused') {
      caller.resetAndDestroy();
      return;
    }
    const pair: Pair = { caller, party: undefined, flows: [], dial };
    this.#pairs.add(pair);
    caller.once('close', () => {
      this.#pairs.delete(pair);
      if (!pair.party) pair.dial = undefined;
    });
    if (this.#passage === 'open') this.#call(pair, dial);
  }

  /** Ends what is under way. */
  close(): void {
    for (const pair of [...this.#pairs]) reset(pair);
  }

  #call(pair: Pair, dial: () => Socket): void {
    pair.dial = undefined;
    const party = dial();
    party.setNoDelay(true).on('error', () => pair.caller.destroy());
    pair.party = party;
    pair.flows = [new Flow(pair.caller, party, () => this.#delays.out), new Flow(party, pair.caller, () => this.#delays.back)];
  }
}

function reset({ caller, party }: Pair): void {
  caller.resetAndDestroy();
  party?.resetAndDestroy();
}

export interface Door {
  readonly port: number;
  close(): Promise<void>;
}

/** A port of loopback behind which everybody is taken on by `take`. */
export async function openDoor(take: (caller: Socket) => void, wantedPort = 0): Promise<Door> {
  const server: Server = createServer({ pauseOnConnect: false }, take);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wantedPort, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** A port that leads to another over the wire. */
export function proxyTo(wire: Wire, port: number): Promise<Door> {
  return openDoor((caller) => wire.carry(caller, () => connect(port, '127.0.0.1')));
}
