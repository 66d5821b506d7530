/** The link machines of every codec, client against server. */
import type { LinkCommand } from '../../../workers/codec/common/index.ts';
import { EdmiClient, EdmiServer } from '../../../workers/codec/edmi/index.ts';
import { EmliteClient, EmliteServer } from '../../../workers/codec/emlite/index.ts';
import { HdlcClientLink, HdlcServerLink } from '../../../workers/codec/hdlc/index.ts';
import { command, encodeTelegram, IecClient, IecServer } from '../../../workers/codec/iec62056-21/index.ts';
import { WrapperLink, WrapperServerLink } from '../../../workers/codec/wrapper/index.ts';
import { type LinkPair, linkFault } from '../links.ts';
import type { Random } from '../random.ts';
import { corpusOf, type FuzzTarget } from '../target.ts';
import { latin1 } from '../text.ts';

/** A payload cut to any length, so that it is at times empty and at times many segments. */
const part = (payload: Uint8Array, random: Random): Uint8Array => payload.slice(0, random.below(payload.length + 1));

function clientCommand(payload: Uint8Array, random: Random): LinkCommand {
  switch (random.below(6)) {
    case 0:
    case 1:
      return { type: 'open' };
    case 2:
      return random.once(3) ? { type: 'close' } : { type: 'fresh', payload: part(payload, random) };
    default:
      return { type: 'request', payload: part(payload, random), volatile: random.once(3) };
  }
}

const target = (name: string, corpus: readonly Uint8Array[], create: (random: Random) => LinkPair) => (): FuzzTarget => ({
  name,
  corpus,
  check: (input, random) => linkFault(name, create(random), input, random),
});

export const hdlcLink = target('hdlc-link', corpusOf('dlms-hdlc'), (random) => ({
  client: new HdlcClientLink({ parameters: { windowTransmit: 1 + random.below(7), windowReceive: 1 + random.below(7) } }),
  server: new HdlcServerLink({ parameters: { maxInfoTransmit: 16 + random.below(200), windowTransmit: 1 + random.below(7) } }),
  clientCommand,
  serverCommand: (payload) =>
    random.once(6) ? (random.once(2) ? { type: 'disconnect' } : { type: 'busy', on: random.once(2) }) : { type: 'reply', payload: part(payload, random) },
}));

export const wrapperLink = target('wrapper-link', corpusOf('dlms-wrapper'), (random) => ({
  client: new WrapperLink({ clientWPort: 16, serverWPort: 1, retries: random.below(3) }),
  server: new WrapperServerLink(random.once(2) ? {} : { serverWPorts: [1], unswappedPorts: true }),
  clientCommand,
  serverCommand: (payload) => ({ type: 'send', payload: part(payload, random), clientWPort: 16, serverWPort: 1 + random.below(2) }),
}));

export const edmiLink = target('edmi-link', corpusOf('edmi'), (random) => ({
  client: new EdmiClient(random.once(2) ? {} : { destination: 7, wake: 'none' }),
  server: new EdmiServer(random.once(2) ? {} : { serial: 7 }),
  clientCommand,
  serverCommand: (payload) => (random.once(6) ? { type: 'reset' } : { type: 'reply', payload: part(payload, random) }),
}));

export const emliteLink = target('emlite-link', corpusOf('emlite'), (random) => ({
  client: new EmliteClient({ source: 0x80aabbcc, newConnectionPerRequest: random.once(2) }),
  server: new EmliteServer({ address: 0x18b0, answersDamage: random.once(2) }),
  clientCommand: (payload) => (random.once(6) ? { type: 'connected' } : clientCommand(payload, random)),
  serverCommand: (payload) => (random.once(6) ? { type: 'reset' } : { type: 'reply', payload: part(payload, random), resultCode: random.below(8) }),
}));

const IDENTIFICATION = { type: 'identification', manufacturer: 'GEC', baudChar: '5', enhanced: [], identification: '09010010' } as const;

/** Good commands as well as rubbish: the client refuses what is no telegram. */
function iecCommand(payload: Uint8Array, random: Random): LinkCommand {
  const plain = clientCommand(payload, random);
  if (plain.type !== 'request' || random.once(3)) return plain;
  const made = encodeTelegram(command(random.pick(['R1', 'W1', 'P2', 'E2']) ?? 'R1', `861001(${latin1(payload.subarray(0, 7))})`));
  return made.kind === 'good' ? { ...plain, payload: made.octets } : plain;
}

function iecReply(payload: Uint8Array, random: Random): unknown {
  const data = latin1(payload);
  switch (random.below(9)) {
    case 0:
      return { type: 'hang-up' };
    case 1:
      return { type: 'reply-blocks', blocks: [data, '1.8.0(1)\r\n', data] };
    case 2:
    case 4:
    case 5:
      return { type: 'reply', telegram: command('P0', '(29EDC6D335E59C87)') };
    case 3:
      return { type: 'reply', telegram: random.once(2) ? { type: 'ack' } : { type: 'nak' } };
    default:
      return { type: 'reply', telegram: { type: 'answer', data: random.once(2) ? '(05)' : data, terminator: 'ETX' } };
  }
}

export const iecLink = target('iec-link', corpusOf('iec62056-21', 'elster-flag'), (random) => ({
  client: new IecClient({
    option: random.pick(['0', '1', '6']) ?? '1',
    echo: random.once(4),
    sevenE1: random.once(4),
    wakePauseMs: random.once(2) ? 500 : null,
  }),
  server: new IecServer({ identification: IDENTIFICATION, readoutAfterMs: random.once(2) ? 2_000 : null }),
  clientCommand: (payload) => iecCommand(payload, random),
  serverCommand: (payload) => iecReply(payload, random),
}));
