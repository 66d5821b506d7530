/** A time server (SNTP) on loopback that says what the test wants. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const NTP_EPOCH_MS = Date.UTC(1900, 0, 1);

function stamp(view: DataView, offset: number, at: number): void {
  const since = at - NTP_EPOCH_MS;
  view.setUint32(offset, Math.floor(since / 1_000) % 0x1_0000_0000);
  view.setUint32(offset + 4, Math.floor(((since % 1_000) / 1_000) * 0x1_0000_0000));
}

export interface SntpReply {
  readonly at?: number;
  readonly mode?: number;
  readonly leap?: number;
  readonly stratum?: number;
  readonly cookie?: Uint8Array;
}

export function sntpReply(
  request: Uint8Array,
  { at = Date.now(), mode = 4, leap = 0, stratum = 2, cookie = request.subarray(40, 48) }: SntpReply = {},
): Uint8Array {
  const octets = new Uint8Array(48);
  octets[0] = (leap << 6) | (4 << 3) | mode;
  octets[1] = stratum;
  octets.set(Buffer.from('RATE'), 12);
  octets.set(cookie, 24);
  const view = new DataView(octets.buffer);
  stamp(view, 32, at);
  stamp(view, 40, at);
  return octets;
}

/** @param answer undefined: silence @returns its port */
export async function startSntpServer(
  t: { teardown(done: () => void): void } | undefined,
  answer: (request: Uint8Array) => Uint8Array | undefined,
): Promise<{ readonly port: number; stop(): void }> {
  const socket = createSocket('udp4');
  socket.on('message', (request, from) => {
    const octets = answer(request);
    if (octets) socket.send(octets, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t?.teardown(() => socket.close());
  return { port: socket.address().port, stop: () => socket.close() };
}
