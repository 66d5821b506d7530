/** A small terminal server with RFC 2217 in front of a TCP port, as a script: it confirms settings and records them. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TerminalServer {
  readonly port: number;
  /** COM-PORT commands that came, as `command: hex`. */
  readonly commands: string[];
  /** Sends raw octets to the client. */
  send(octets: Uint8Array): void;
  stop(): Promise<void>;
}

export interface ServerHow {
  /** Refuses the option. */
  readonly refuses?: boolean;
  /** What it sets instead of what was asked for, by command. */
  readonly sets?: Readonly<Record<number, readonly number[]>>;
  /** Told of each COM-PORT command. */
  readonly command?: (name: number, value: readonly number[]) => unknown;
}

const IAC = 0xff;

/** @param modemPort TCP port of the modem behind it */
export async function startTerminalServer(modemPort: number, { refuses = false, sets = {}, command: told }: ServerHow = {}): Promise<TerminalServer> {
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  let client: Socket | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    client = socket;
    const modem = connect({ host: '127.0.0.1', port: modemPort, noDelay: true });
    for (const one of [socket, modem]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        socket.destroy();
        modem.destroy();
      });
    }
    modem.on('data', (octets: Uint8Array) => socket.write(Buffer.from([...octets].flatMap((octet) => (octet === IAC ? [IAC, IAC] : [octet])))));
    let pending: number[] = [];
    socket.on('data', (octets: Uint8Array) => {
      pending.push(...octets);
      pending = consume(pending, {
        data: (part) => modem.write(Buffer.from(part)),
        option: (verb, option) => {
          if (verb === 0xfb) socket.write(Buffer.of(IAC, refuses && option === 44 ? 0xfe : 0xfd, option));
          if (verb === 0xfd) socket.write(Buffer.of(IAC, 0xfb, option));
        },
        com: (command, value) => {
          commands.push(`${command}: ${Buffer.from(value).toString('hex')}`);
          told?.(command, value);
          const answer = sets[command] ?? value;
          socket.write(Buffer.of(IAC, 0xfa, 44, command + 100, ...answer.flatMap((octet) => (octet === IAC ? [IAC, IAC] : [octet])), IAC, 0xf0));
        },
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    commands,
    send: (octets) => void client?.write(octets),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Parts {
  data(octets: number[]): void;
  option(verb: number, option: number): void;
  com(command: number, value: number[]): void;
}

/** Takes whole parts off the front; gives what is left. */
function consume(octets: number[], parts: Parts): number[] {
  let rest = octets;
  while (rest.length > 0) {
    if (rest[0] !== IAC) {
      const end = rest.indexOf(IAC);
      parts.data(end < 0 ? rest : rest.slice(0, end));
      rest = end < 0 ? [] : rest.slice(end);
    } else if (rest[1] === IAC) {
      parts.data([IAC]);
      rest = rest.slice(2);
    } else if (rest[1] === 0xfa) {
      const text = Buffer.from(rest).toString('latin1');
      const end = /^\xff\xfa(?:[^\xff]|\xff\xff)*\xff\xf0/.exec(text);
      if (end === null) return rest;
      const inside = rest.slice(2, end[0].length - 2).filter((octet, at, all) => !(octet === IAC && all[at - 1] === IAC));
      parts.com(inside[1] ?? 0, inside.slice(2));
      rest = rest.slice(end[0].length);
    } else {
      if (rest.length < 3) return rest;
      parts.option(rest[1] ?? 0, rest[2] ?? 0);
      rest = rest.slice(3);
    }
  }
  return rest;
}
