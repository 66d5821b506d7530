/** Decoded members as a tree for people: a line each, values in words, indented under what they belong to. */
import type { Json, JsonObject } from './mapping.ts';
import { isObject } from './members.ts';

const INDENT = '  ';
/** Names that read better otherwise; all others are their own words. */
const LABELS: Readonly<Record<string, string>> = {
  apdu: 'APDU',
  llc: 'LLC',
  hcs: 'HCS',
  fcs: 'FCS',
  crc: 'CRC',
  bcc: 'BCC',
  ns: 'N(S)',
  nr: 'N(R)',
  pf: 'poll/final',
  obis: 'OBIS',
  pdu: 'APDU',
  vaaName: 'VAA name',
  conformanceHex: 'conformance octets',
  maxReceivePduSize: 'largest PDU',
  apduError: 'APDU does not decode',
};

/** Told by the headline, or by the value beside it. */
const HEADLINED = new Set(['frame', 'pdu', 'choice', 'telegram', 'command', 'protocol']);

/** The tree of one result. Foreign text stands in it as it is: escape it before a terminal sees it. */
export function prettyTree(result: JsonObject): string {
  if (isValue(result)) return [headline(result), ...below(result, INDENT)].join('\n');
  return [headline(result), ...members(result, INDENT)].join('\n');
}

const isValue = ({ type, pdu }: JsonObject): boolean => typeof type === 'string' && pdu === undefined;

/** What it is, in a line: `HDLC I frame, 1 to 17`, `get-response normal`. */
function headline(object: JsonObject): string {
  const name = nameOf(object);
  return typeof object.protocol === 'string' ? `${name} (${object.protocol})` : name;
}

function nameOf(object: JsonObject): string {
  const { frame, pdu, choice, telegram, command, sourceWPort, destinationWPort, objectId, flag, type } = object;
  if (typeof frame === 'string') return `HDLC ${frame} frame${stations(object)}`;
  if (typeof pdu === 'string') return typeof choice === 'string' ? `${pdu} ${choice}` : pdu;
  if (typeof telegram === 'string') return typeof command === 'string' ? `telegram ${telegram} ${command}` : `telegram ${telegram}`;
  if (typeof command === 'string') return `EDMI ${command}`;
  if (sourceWPort !== undefined) return `wrapper frame, port ${String(sourceWPort)} to ${String(destinationWPort)}`;
  if (typeof objectId === 'string') return `EMOP ${String(flag)} of object ${objectId}`;
  return typeof type === 'string' ? valueLine(object) : 'decoded';
}

function stations({ source, destination }: JsonObject): string {
  return isObject(source) && isObject(destination) ? `, ${station(source)} to ${station(destination)}` : '';
}

const station = ({ address, upper, lower }: JsonObject): string => (address === undefined ? `${String(upper)}/${String(lower)}` : String(address));

function members(object: JsonObject, indent: string): readonly string[] {
  return Object.entries(object).flatMap(([name, value]) => (HEADLINED.has(name) && typeof value === 'string' ? [] : member(name, value, indent)));
}

function member(name: string, value: Json, indent: string): readonly string[] {
  const label = LABELS[name] ?? words(name);
  if (Array.isArray(value)) return list(label, value as readonly Json[], indent);
  if (!isObject(value)) return [`${indent}${label}: ${scalar(value)}`];
  const line = oneLine(value);
  if (line !== undefined) return [`${indent}${label}: ${line}`, ...below(value, indent + INDENT)];
  const title = typeof value.pdu === 'string' || typeof value.command === 'string' ? `: ${headline(value)}` : '';
  return [`${indent}${label}${title}`, ...members(value, indent + INDENT)];
}

function list(label: string, values: readonly Json[], indent: string): readonly string[] {
  if (values.length === 0) return [`${indent}${label}: none`];
  if (values.every((value) => !isObject(value) && !Array.isArray(value))) return [`${indent}${label}: ${values.map((value) => scalar(value)).join(', ')}`];
  return [`${indent}${label}: ${values.length}`, ...values.flatMap((value, index) => element(value, index, indent + INDENT))];
}

function element(value: Json, index: number, indent: string): readonly string[] {
  if (!isObject(value)) return member(String(index + 1), value, indent);
  const line = oneLine(value);
  if (line !== undefined) return [`${indent}${index + 1}. ${line}`, ...below(value, indent + INDENT)];
  const title = typeof value.pdu === 'string' || typeof value.frame === 'string' ? ` ${headline(value)}` : '';
  return [`${indent}${index + 1}.${title}`, ...members(value, indent + INDENT)];
}

/** Objects that people read as one value. */
function oneLine(object: JsonObject): string | undefined {
  if (isValue(object)) return valueLine(object);
  if (typeof object.obis === 'string')
    return `class ${String(object.classId)}, ${object.obis}, ${object.id === undefined ? '' : `id ${String(object.id)}`}`.replace(/, $/, '');
  if ('hour' in object && 'year' in object) return dateTime(object);
  if (typeof object.code === 'string' && typeof object.rule === 'string') return `${object.code} at octet ${String(object.offset)}: ${object.rule}`;
  if (typeof object.bytes === 'string') return `${station(object)} (${object.bytes})`;
  if (Object.keys(object).length === 1 && typeof object.accessResult === 'string') return object.accessResult;
  return undefined;
}

/** A COSEM value: its type and what it says. */
function valueLine(value: JsonObject): string {
  const { type, hex, text, asDateTime, dateTime: fields, items } = value;
  const said = isObject(asDateTime) ? asDateTime : isObject(fields) ? fields : undefined;
  if (Array.isArray(items)) return `${String(type)} of ${items.length}`;
  if (said !== undefined) return `${String(type)} ${typeof hex === 'string' ? `${hex} = ` : ''}${dateTime(said)}`;
  if (typeof text === 'string') return `${String(type)} "${text}"`;
  if (typeof hex === 'string') return `${String(type)} ${hex === '' ? '(empty)' : hex}${asText(hex)}`;
  return value.value === undefined ? String(type) : `${String(type)} ${scalar(value.value)}`;
}

/** What a one-line value holds besides: the elements of a container. */
function below(value: JsonObject, indent: string): readonly string[] {
  const { items } = value;
  return Array.isArray(items) ? (items as readonly Json[]).flatMap((item, index) => element(item, index, indent)) : [];
}

const LEAST_TEXT = 3;

/** Octet-strings are often text. */
function asText(hex: string): string {
  const text = Buffer.from(hex, 'hex').toString('latin1');
  return text.length >= LEAST_TEXT && /^[ -~]+$/.test(text) ? ` "${text}"` : '';
}

/** `2026-11-21 16:34:03.00, deviation 0 min`; a dash for what is not specified. */
export function dateTime(fields: JsonObject): string {
  const part = (name: string, width: number): string => (typeof fields[name] === 'number' ? String(fields[name]).padStart(width, '0') : '-'.repeat(width));
  const date = 'year' in fields ? [`${part('year', 4)}-${part('month', 2)}-${part('day', 2)}`] : [];
  const time = 'hour' in fields ? [`${part('hour', 2)}:${part('minute', 2)}:${part('second', 2)}.${part('hundredths', 2)}`] : [];
  const deviation = !('deviationMinutes' in fields)
    ? ''
    : typeof fields.deviationMinutes === 'number'
      ? `, deviation ${fields.deviationMinutes} min`
      : ', deviation not specified';
  const flags =
    Array.isArray(fields.statusFlags) && fields.statusFlags.length > 0 ? `, ${fields.statusFlags.map((flag) => words(String(flag))).join(', ')}` : '';
  return [...date, ...time].join(' ') + deviation + flags;
}

function scalar(value: Json): string {
  if (value === null) return 'none';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (value === '') return '(empty)';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** `invokeId` as `invoke id`. */
const words = (name: string): string => name.replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
