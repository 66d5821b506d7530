/** One TCP port: a meter, or the meters of a line that share it. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../../actors/engine/ports.ts';
import type { SimMeter } from './meter.ts';
import { MeterEnd } from './meter-end.ts';
import type { Wheel } from './wheel.ts';

/** Octets of one piece of an endless sender. */
const RUBBISH = 4096;

export class MeterPort {
  readonly meters: readonly SimMeter[];
  readonly #clock: Clock;
  readonly #wheel: Wheel;
  readonly #nextConnection: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(meters: readonly SimMeter[], clock: Clock, wheel: Wheel, nextConnection: () => number) {
    this.meters = meters;
    this.#clock = clock;
    this.#wheel = wheel;
    this.#nextConnection = nextConnection;
    this.#server = createServer({ noDelay: true }, (socket) => this.#connected(socket));
  }

  /** Listens; gives the port. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 64 }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Cuts all connections. */
  cut(): number {
    const { size } = this.#sockets;
    for (const socket of this.#sockets) socket.destroy();
    return size;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.cut();
    });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    const connection = this.#nextConnection();
    let ends: readonly MeterEnd[] | undefined;
    let rubbish = false;
    socket.on('data', (octets: Buffer) => {
      if (rubbish || this.meters.some(({ faults }) => faults.current.halfOpen === true)) return;
      const endless = this.meters.find(({ faults }) => faults.current.endless === true);
      if (endless !== undefined) {
        rubbish = true;
        this.#pour(socket, endless);
        return;
      }
      ends ??= this.#ends(socket, connection);
      for (const end of ends) end.take(octets);
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      for (const end of ends ?? []) end.closed();
    });
  }

  /** Made when the first octets come: a connection that says nothing costs a socket and no more. */
  #ends(socket: Socket, connection: number): readonly MeterEnd[] {
    const outlet = { connection, write: (octets: Uint8Array) => void (socket.writable && socket.write(octets)), destroy: () => socket.destroy() };
    const shared = this.meters.length > 1;
    return this.meters.map((meter, index) => new MeterEnd(meter, { shared, first: index === 0 }, outlet, this.#clock, this.#wheel));
  }

  /** As fast as the other side takes it. */
  #pour(socket: Socket, meter: SimMeter): void {
    if (socket.destroyed) return;
    socket.write(meter.random.octets(RUBBISH), () => this.#pour(socket, meter));
  }
}
