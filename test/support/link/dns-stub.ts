/** A name server on loopback that answers from a table, or not at all. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { ExecutionContext } from 'ava';

export interface Zone {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  readonly ttl?: number;
  /** `silent` gives no answer; else the response code, such as 2 for SERVFAIL. */
  readonly fails?: 'silent' | number;
}

export interface DnsStub {
  readonly server: string;
  /** Questions that came, `A name` and `AAAA name`. */
  readonly asked: string[];
  readonly zones: Record<string, Zone>;
  /** Holds answers back until `release`. */
  hold(): void;
  release(): void;
}

const TYPE_A = 1;
const TYPE_AAAA = 28;
const NO_SUCH_NAME = 3;

export async function startDnsStub(t: ExecutionContext, zones: Record<string, Zone>): Promise<DnsStub> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  const held: (() => void)[] = [];
  let holding = false;
  socket.on('message', (question, from) => {
    const { name, type, end } = readQuestion(question);
    asked.push(`${type === TYPE_A ? 'A' : 'AAAA'} ${name}`);
    const zone = zones[name];
    if (zone?.fails === 'silent') return;
    const code = zone === undefined ? NO_SUCH_NAME : typeof zone.fails === 'number' ? zone.fails : 0;
    const addresses = code === 0 ? ((type === TYPE_A ? zone?.a : zone?.aaaa) ?? []) : [];
    const answer = () => socket.send(reply(question, end, code, type, addresses, zone?.ttl ?? 60), from.port, from.address);
    if (holding) held.push(answer);
    else answer();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  return {
    server: `127.0.0.1:${socket.address().port}`,
    asked,
    zones,
    hold: () => {
      holding = true;
    },
    release: () => {
      holding = false;
      for (const answer of held.splice(0)) answer();
    },
  };
}

function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function reply(question: Buffer, end: number, code: number, type: number, addresses: readonly string[], ttl: number): Buffer {
  const head = Buffer.from(question.subarray(0, end));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const records = addresses.map((address) => {
    const data = type === TYPE_AAAA ? v6(address) : Buffer.from(address.split('.').map(Number));
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(ttl, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, ...records]);
}

/** Whole or with one `::`. */
function v6(address: string): Buffer {
  const [left = '', right = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [groups(left), groups(right)];
  const all = [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
