import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { fromHex, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeElsterClock,
  decodeItemAnswer,
  decodeItemRead,
  decodeItemWrite,
  decodeSerialNumber,
  ELSTER_ITEMS,
  encodeElsterClock,
  encodeSerialNumber,
  itemAnswer,
  itemRead,
  itemWrite,
  loginCommands,
  type Made,
  passwordAnswer,
  seedCommand,
  seedOf,
} from '../../../../workers/codec/elster/index.ts';
import {
  type CivilTime,
  type CommandTelegram,
  clockText,
  encodeTelegram,
  IecClient,
  type IecClientEvent,
  IecServer,
  type IecServerEvent,
  type Telegram,
} from '../../../../workers/codec/iec62056-21/index.ts';
import fc from '../../../support/fc.ts';
import { Rig } from '../iec62056-21/rig.ts';

interface Frame {
  readonly direction: string;
  readonly hex: string;
}

const sessions: readonly { readonly id: string; readonly frames?: readonly Frame[] }[] = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../vectors/sessions.json', import.meta.url)), 'utf8'),
);
const frames = sessions.find(({ id }) => id === 'sess-els-a1700')!.frames!;
const framesOf = (direction: string): string[] => frames.flatMap((frame) => (frame.direction === direction ? [frame.hex] : []));
const octetsOf = (hex: string): Uint8Array => fromHex(hex)!;
const hexOf = (sent: readonly string[]): string[] => sent.map((text) => toHex(Uint8Array.from(text, (char) => char.charCodeAt(0))));

const SEED = octetsOf('29EDC6D335E59C87');
const PASSWORD = 'FEDC0003';
const NEW_TIME: CivilTime = { year: 2019, month: 1, day: 2, hour: 4, minute: 2, second: 40 };

function mustMake<T>(made: Made<T>): T {
  if (made.kind === 'bad') throw new Error(made.error.rule);
  return made.value;
}

/** Cuts each frame into pieces of these sizes, with line noise before it. */
type Cut = (octets: Uint8Array) => readonly Uint8Array[];
const pieces =
  (sizes: readonly number[], noise: readonly number[]): Cut =>
  (octets) => {
    const all = Uint8Array.from([...noise, ...octets]);
    const cut: Uint8Array[] = [];
    for (let at = 0, index = 0; at < all.length; index++) {
      const size = sizes[index % sizes.length]!;
      cut.push(all.subarray(at, at + size));
      at += size;
    }
    return cut;
  };

const cuts = fc.tuple(
  fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
  fc.array(fc.constantFrom(0, 0x7f, 0xff, 0x0d, 0x0a), { maxLength: 4 }),
);

/** Drives the client by the recorded telegrams of the meter; every answer but the sign-on's has a command of this script. */
function runClient(cut: Cut): { readonly sent: string[]; readonly read: string[] } {
  const rig = new Rig(new IecClient({ deviceAddress: '001', option: '6', wakePauseMs: 500 }));
  const meter = framesOf('meter->client');
  const told: IecClientEvent[] = [];
  const answer = (): void => {
    rig.wait(500);
    const hex = meter.shift();
    if (hex !== undefined) for (const piece of cut(octetsOf(hex))) rig.hear(piece);
    told.push(...rig.told());
  };
  const ask = (telegram: CommandTelegram, volatile = false): string => {
    rig.command({ type: 'request', payload: must(encodeTelegram(telegram)), volatile });
    answer();
    const reply = told.at(-1);
    return reply?.type === 'reply' && reply.telegram.type === 'answer' ? reply.telegram.data : (reply?.type ?? '');
  };
  rig.command({ type: 'open' });
  answer();
  answer();
  const opened = told.at(-1);
  const seed = seedOf(opened?.type === 'opened' ? opened.operand : null)!;
  const login = mustMake(loginCommands(2, seed, PASSWORD)).at(-1)!;
  const clock = (): string => clockText(mustDecode(decodeElsterClock(mustDecode(decodeItemAnswer(ask(readOf(ELSTER_ITEMS.clock, 7)))))));
  ask(login, true);
  const read = [mustDecode(decodeSerialNumber(mustDecode(decodeItemAnswer(ask(readOf(ELSTER_ITEMS.serialNumber, 16))))))];
  read.push(clock());
  ask(login, true);
  ask(mustMake(itemWrite({ dataId: ELSTER_ITEMS.clock, packet: 1, octets: must(encodeElsterClock(NEW_TIME)) })), true);
  read.push(clock());
  rig.command({ type: 'close' }).wait(3000);
  return { sent: hexOf(rig.sent), read };
}

const readOf = (dataId: string, length: number): CommandTelegram => mustMake(itemRead({ dataId, packet: 1, length }));

/** A simulated A1700: one serial number, a clock, and the weekday of the recording. */
class Meter {
  readonly rig = new Rig(
    new IecServer({
      deviceAddress: '1',
      identification: { type: 'identification', manufacturer: 'GEC', baudChar: '5', enhanced: [], identification: '090100100400@000' },
    }),
  );
  clock: CivilTime = { year: 2019, month: 1, day: 2, hour: 4, minute: 2, second: 15 };

  hear(octets: readonly Uint8Array[]): void {
    for (const piece of octets) {
      this.rig.hear(piece);
      for (const event of this.rig.told()) this.#obey(event);
    }
  }

  #obey(event: IecServerEvent): void {
    if (event.type === 'selected') this.#reply(mustMake(seedCommand(SEED)));
    if (event.type === 'command') this.#reply(this.#answer(event.telegram));
  }

  #reply(telegram: Telegram): void {
    this.rig.command({ type: 'reply', telegram });
  }

  #answer({ command, data }: CommandTelegram): Telegram {
    if (command === 'P2') return data === `(${mustMake(passwordAnswer(SEED, PASSWORD))})` ? { type: 'ack' } : { type: 'nak' };
    if (command === 'W1') {
      const written = mustDecode(decodeElsterClock(mustDecode(decodeItemWrite(data ?? '')).octets));
      // It goes on by a second until it is read.
      this.clock = { ...written, second: written.second + 1 };
      return { type: 'ack' };
    }
    const { dataId } = mustDecode(decodeItemRead(data ?? ''));
    const octets = dataId === ELSTER_ITEMS.clock ? encodeElsterClock(this.clock, 3) : encodeSerialNumber('12345678');
    return { type: 'answer', data: itemAnswer(must(octets)), terminator: 'ETX' };
  }
}

function runMeter(cut: Cut): string[] {
  const meter = new Meter();
  for (const hex of framesOf('client->meter')) meter.hear(cut(octetsOf(hex)));
  return hexOf(meter.rig.sent);
}

test('the client sends the recorded telegrams, whatever the pieces and the noise', (t) => {
  const expected = { sent: framesOf('client->meter'), read: ['12345678', '2019-01-02T04:02:15', '2019-01-02T04:02:41'] };
  t.deepEqual(runClient(pieces([1], [])), expected);
  fc.assert(
    fc.property(cuts, ([sizes, noise]) => {
      t.deepEqual(runClient(pieces(sizes, noise)), expected);
    }),
    { numRuns: 60 },
  );
});

test('the meter sends the recorded telegrams, whatever the pieces and the noise', (t) => {
  const expected = framesOf('meter->client');
  t.deepEqual(runMeter(pieces([1], [])), expected);
  fc.assert(
    fc.property(cuts, ([sizes, noise]) => {
      t.deepEqual(runMeter(pieces(sizes, noise)), expected);
    }),
    { numRuns: 60 },
  );
});
