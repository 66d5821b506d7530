/** Settings of links: how addresses are read, what may be reached, and the bounds of a TCP connection (meter-protocols 3.1 and 3.4). */
import Type, { type Static } from 'typebox';
import { GB_DENIED_NUMBERS, NUMBER_PATTERN } from './number-rules.ts';
import { GB_NUMBERING } from './numbering.ts';

const ms = (description: string, value: number, minimum = 1) =>
  Type.Integer({ minimum, maximum: 3_600_000, default: value, description: `${description}, milliseconds` });
const prefix = (description: string, value: string) => Type.String({ pattern: '^[0-9]{0,4}$', default: value, description });

export const DnsOptionsSchema = Type.Object(
  {
    servers: Type.Array(Type.String({ minLength: 2 }), { default: [], description: 'Name servers, `address` or `address:port`; none: those of the system' }),
    timeoutMs: ms('Wait for one answer of a name server', 2_000),
    tries: Type.Integer({ minimum: 1, maximum: 10, default: 3, description: 'How often a name server is asked' }),
    maxNames: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 10_000, description: 'Names kept with their addresses' }),
    maxLookups: Type.Integer({ minimum: 1, maximum: 1_000, default: 64, description: 'Names asked for at once; others wait' }),
    minTtlMs: ms('Shortest time that an answer is kept', 5_000, 0),
    maxTtlMs: ms('Longest time that an answer is kept', 300_000, 0),
    unknownTtlMs: ms('How long it is kept that there is no such name', 10_000, 0),
  },
  { additionalProperties: false, default: {} },
);

const rules = (description: string) =>
  Type.Array(Type.String({ pattern: '^[0-9a-fA-F:.]+/[0-9]{1,3}( +[0-9][0-9,-]*)?$' }), {
    default: [],
    description: `${description}: networks such as 10.0.0.0/8, ports behind a blank, such as 10.0.0.0/8 2000-2999,4059`,
  });

export const TcpOptionsSchema = Type.Object(
  {
    allow: rules('What may be reached although it is loopback, link-local, or one of our own ports (those only by a rule that names the port)'),
    deny: rules('What may not be reached, whatever `allow` says'),
    others: Type.Enum(['allowed', 'denied'], { default: 'allowed', description: 'What neither `allow` nor `deny` names; loopback and the like stay denied' }),
    hosts: Type.Record(Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 2 }), { minItems: 1 }), {
      default: {},
      description: 'Names with fixed IP addresses, instead of a hosts file, which is not read',
    }),
    attemptTimeoutMs: ms('One attempt to connect, while the name has other addresses', 5_000),
    firstFamily: Type.Enum(['ipv4', 'ipv6'], { default: 'ipv4', description: 'Which addresses of a name are tried first' }),
    keepAliveMs: ms('Silence after which keep-alive probes begin', 30_000),
    idleTimeoutMs: ms('Longest time in which no octet goes either way', 120_000),
    writeTimeoutMs: ms('Longest time until the system has taken what was written', 30_000),
    closeGraceMs: ms('How long the far side may take to close too', 1_000, 0),
    maxUnreadOctets: Type.Integer({
      minimum: 1_024,
      maximum: 16_777_216,
      default: 65_536,
      description: 'Octets that came and were not read yet; beyond, the link is given up',
    }),
    maxOctetsIn: Type.Integer({
      minimum: 1_024,
      maximum: 1_073_741_824,
      default: 4_194_304,
      description: 'Octets that one connection may bring; beyond, the link is given up',
    }),
  },
  { additionalProperties: false, default: {} },
);

export const LinksOptionsSchema = Type.Object(
  {
    countryCode: prefix('Country code of the country whose lines dial: +44… and 0… are one number', GB_NUMBERING.countryCode),
    trunkPrefix: prefix('In front of national numbers', GB_NUMBERING.trunkPrefix),
    internationalPrefix: prefix('In front of numbers of other countries', GB_NUMBERING.internationalPrefix),
    maxTraceOctets: Type.Integer({ minimum: 0, maximum: 1_048_576, default: 32_768, description: 'Octets that a byte trace of one action keeps' }),
    tcp: TcpOptionsSchema,
    dns: DnsOptionsSchema,
  },
  { additionalProperties: false, default: {} },
);

/** Members of the section `lines` that say which numbers may be dialled. */
export const NumberRuleProperties = {
  allowNumbers: Type.Array(Type.String({ pattern: NUMBER_PATTERN }), {
    default: [],
    description: 'Numbers that may be dialled, in national form; `?` any digit, `*` any digits; none: every number',
  }),
  denyNumbers: Type.Array(Type.String({ pattern: NUMBER_PATTERN }), {
    default: [...GB_DENIED_NUMBERS],
    description: 'Numbers that may not, whatever `allowNumbers` says: emergency, services, premium rate',
  }),
};

export type LinksOptions = Static<typeof LinksOptionsSchema>;
export type TcpOptions = Static<typeof TcpOptionsSchema>;
export type DnsOptions = Static<typeof DnsOptionsSchema>;
