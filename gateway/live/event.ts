/** One event of the stream as the sockets see it: read once, whoever hears it. */
import type { StreamMessage } from '../../actors/bus/index.ts';

export interface LiveEvent {
  readonly seq: number;
  /** Who told it; its events come in the order of `rank`. */
  readonly teller: string;
  /** Rises with version and place. */
  readonly rank: number;
  readonly actor: string;
  readonly actorVersion: number;
  /** `appointment`, `mpan`, `meter-action`, `node`, `alert`. */
  readonly domain: string;
  readonly mpid: string | undefined;
  readonly mpan: string | undefined;
  /** Of an appointment or a meter action. */
  readonly requestId: string | undefined;
  /** Of a meter action. */
  readonly owner: string | undefined;
  readonly serialNumber: string | undefined;
  readonly remoteAddress: string | undefined;
  readonly node: string | undefined;
  /** The frame behind its `sub`. */
  readonly tail: string;
}

/** More events than one step announces. */
const PLACES = 1_024;

interface Payload {
  readonly id?: unknown;
  readonly type?: unknown;
  readonly subject?: unknown;
  readonly data?: unknown;
}

/** Undefined: not one of ours (somebody else published there). `prefix`: of every subject, `mw`. */
export function readEvent({ seq, subject, data: bytes }: StreamMessage, prefix: string): LiveEvent | undefined {
  const payload = parse(bytes);
  if (!payload || !subject.startsWith(`${prefix}.evt.`)) return undefined;
  const { id, type, subject: actor, data } = payload;
  if (typeof id !== 'string' || typeof type !== 'string' || typeof actor !== 'string' || typeof data !== 'object' || data === null) return undefined;
  const place = id.lastIndexOf('/');
  const step = id.lastIndexOf('/', place - 1);
  const n = Number(id.slice(place + 1));
  const actorVersion = versionOf(id.slice(step + 1, place));
  if (step < 1 || !Number.isSafeInteger(n) || n < 0 || actorVersion === undefined) return undefined;
  const members = data as Readonly<Record<string, unknown>>;
  const [domain = ''] = subject.slice(prefix.length + '.evt.'.length).split('.', 1);
  const { requestId } = members;
  return {
    seq,
    teller: id.slice(0, step),
    rank: actorVersion * PLACES + n,
    actor,
    actorVersion,
    domain,
    mpid: textOf(members.mpid),
    mpan: textOf(members.mpan),
    requestId: typeof requestId === 'number' ? String(requestId) : textOf(requestId),
    owner: textOf(members.owner),
    serialNumber: textOf(members.serialNumber),
    remoteAddress: textOf(members.remoteAddress),
    node: domain === 'node' ? textOf(members.node) : undefined,
    tail: `,"seq":${seq},"actor":${JSON.stringify(actor)},"actorVersion":${actorVersion},"n":${n},"type":${JSON.stringify(type)},"data":${JSON.stringify(data)}}`,
  };
}

/** What comes before an event's `tail`. */
export const eventHead = (sub: string): string => `{"kind":"event","sub":${JSON.stringify(sub)}`;

function parse(bytes: Uint8Array): Payload | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A node counts its events within one life of its process; lives follow each other in time, which is in their ids. */
function versionOf(text: string): number | undefined {
  const [, high, low] = UUID_V7.exec(text) ?? [];
  const version = high === undefined ? Number(text) : Number.parseInt(`${high}${low}`, 16);
  return text !== '' && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
