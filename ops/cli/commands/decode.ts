/** `mw decode`: octets of any meter protocol as JSON or, with `--pretty`, as a tree for people. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { type CodecError, codecError, fromHex } from '../../../workers/codec/common/index.ts';
import { readKeys } from '../../vectors/file.ts';
import { type FormMapping, type Json, type JsonObject, MalformedVector, type Protocol, type VectorContext } from '../../vectors/mapping.ts';
import { isObject, Members } from '../../vectors/members.ts';
import { PROTOCOL_NAMES } from '../../vectors/names.ts';
import { prettyTree } from '../../vectors/pretty.ts';
import { decodeWhole, MAX_INPUT_OCTETS } from '../../vectors/whole.ts';
import { type CommandCall, type CommandSpec, needed, optionalText, UsageError } from '../command.ts';
import { print, printable, printJson } from '../output.ts';

const DIRECTIONS = ['client->meter', 'meter->client'] as const;
/** Two digits and a blank an octet. */
const MAX_INPUT_TEXT = 3 * MAX_INPUT_OCTETS;
const MOST_WORDS = 4096;

export const decode: CommandSpec = {
  name: 'decode',
  about: 'Shows what octets of a meter protocol mean: every layer down to the data, in one tree.',
  usage: '--protocol P|auto HEX… | - | --file FILE',
  help: `Protocols: ${PROTOCOL_NAMES.join(', ')}.
Octets come from the command line, from --file, or from standard input (-), as hex (blanks do not matter) or with --base64.
One frame gives an object, several an array. What does not decode gives {code, offset, rule, got} and exit 1.

  --protocol P   one of those above, or auto: the one that recognises the octets; it is told in the member protocol
  --form F       what the octets are: frame, apdu, value, telegram …; default: what they look like
  --direction D  client->meter or meter->client, where the octets do not tell
  --keys FILE    JSON object with encryptionKey, authenticationKey, clientSystemTitle, serverSystemTitle (hex): opens ciphered APDUs
  --given JSON   what else the octets do not hold, such as {"password":"1234567"}
  --strict       nothing that is wrong is let pass
  --pretty       a tree for people
  --base64       the input is base64
  --file FILE    read the input from a file
  --all          an array, also for one frame`,
  options: {
    protocol: { type: 'string' },
    form: { type: 'string' },
    direction: { type: 'string' },
    keys: { type: 'string' },
    given: { type: 'string' },
    strict: { type: 'boolean' },
    pretty: { type: 'boolean' },
    base64: { type: 'boolean' },
    file: { type: 'string' },
    all: { type: 'boolean' },
  },
  words: [0, MOST_WORDS],
  run,
};

async function run(call: CommandCall): Promise<number> {
  const name = needed(call, 'protocol');
  if (name !== 'auto' && !PROTOCOL_NAMES.some((known) => known === name)) {
    throw new UsageError(`--protocol: auto, ${PROTOCOL_NAMES.join(', ')}; not ${name}`);
  }
  const context = contextOf(call);
  const octets = octetsOf(inputOf(call), call.flags.base64 === true);
  if (!(octets instanceof Uint8Array)) return fail(octets);
  // The other commands start without the codecs.
  const { protocolNamed, recogniseProtocol } = await import('../../vectors/protocols.ts');
  const protocol = name === 'auto' ? recogniseProtocol(octets) : protocolNamed(name);
  if (protocol === undefined) return fail(codecError('unsupported', 0, 'input: of a protocol that is recognised', `${octets.length} octets`));
  const form = formOf(call, protocol, octets);
  const { results, error } = given(() => decodeWhole(protocol, form, octets, context));
  const shown = name === 'auto' ? results.map((result) => ({ protocol: protocol.name, ...result })) : results;
  if (error !== undefined) return fail(error, shown, call);
  show(shown, call);
  return shown.some((result) => result.apduError !== undefined) ? 1 : 0;
}

function show(results: readonly JsonObject[], call: CommandCall): void {
  if (call.flags.pretty === true) for (const result of results) printTree(result);
  else printJson(results.length === 1 && call.flags.all !== true ? results[0] : results);
}

function printTree(result: JsonObject): void {
  for (const line of prettyTree(result).split('\n')) print(printable(line));
}

/** The error, with what decoded before it. */
function fail(error: CodecError, frames: readonly JsonObject[] = [], call?: CommandCall): number {
  if (call?.flags.pretty === true) for (const frame of frames) printTree(frame);
  printJson(frames.length === 0 || call?.flags.pretty === true ? error : { ...error, frames });
  return 1;
}

function formOf(call: CommandCall, protocol: Protocol, octets: Uint8Array): FormMapping {
  const name = optionalText(call, 'form') ?? protocol.formOf(octets);
  const form = Object.hasOwn(protocol.forms, name) ? protocol.forms[name] : undefined;
  if (form === undefined) throw new UsageError(`--form: one of ${Object.keys(protocol.forms).join(', ')} of ${protocol.name}, not ${name}`);
  return form;
}

function contextOf(call: CommandCall): VectorContext {
  const direction = optionalText(call, 'direction');
  const known = DIRECTIONS.find((choice) => choice === direction);
  if (direction !== undefined && known === undefined) throw new UsageError(`--direction: ${DIRECTIONS.join(' or ')}, not ${direction}`);
  const keys = optionalText(call, 'keys');
  const facts = optionalText(call, 'given');
  return {
    ...(known === undefined ? {} : { direction: known }),
    ...(keys === undefined ? {} : { keys: keysOf(keys) }),
    ...(facts === undefined ? {} : { given: objectOf('--given', facts) }),
    ...(call.flags.strict === true ? { strict: 'all' } : {}),
  };
}

function keysOf(file: string): NonNullable<VectorContext['keys']> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--keys: ${error instanceof Error ? error.message : String(error)}`);
  }
  const object = objectOf('--keys', text);
  return given(() => readKeys(Members.of(object.keys ?? object, '--keys')));
}

/** The text may hold keys: no error shows any of it. */
function objectOf(flag: string, text: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new UsageError(`${flag}: must be JSON`);
  }
  if (!isObject(value)) throw new UsageError(`${flag}: must be a JSON object`);
  return value;
}

/** A fact that the caller did not give, or gave ill-typed, is wrong usage. */
function given<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof MalformedVector) throw new UsageError(error.message);
    throw error;
  }
}

/** The text of the input, or why it is too long. */
function inputOf(call: CommandCall): string | CodecError {
  const file = optionalText(call, 'file');
  const fromStdin = call.words.length === 1 && call.words[0] === '-';
  if (file !== undefined && call.words.length > 0) throw new UsageError('decode: either --file or octets, not both');
  if (file === undefined && call.words.length === 0) throw new UsageError('decode: takes octets as hex, - for standard input, or --file FILE');
  if (file === undefined && !fromStdin) return call.words.join(' ');
  try {
    return readText(file);
  } catch (error) {
    throw new UsageError(`${file ?? 'standard input'}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Reads at most what is allowed, whatever the file's size. */
function readText(file: string | undefined): string | CodecError {
  const descriptor = file === undefined ? 0 : openSync(file, 'r');
  const chunk = Buffer.alloc(64 * 1024);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for (let count = readSome(descriptor, chunk); count > 0; count = readSome(descriptor, chunk)) {
      length += count;
      if (length > MAX_INPUT_TEXT) return tooLarge();
      chunks.push(Buffer.from(chunk.subarray(0, count)));
    }
  } finally {
    if (file !== undefined) closeSync(descriptor);
  }
  return Buffer.concat(chunks).toString('latin1');
}

/** A terminal or pipe that has nothing yet says EAGAIN; one that has ended may say EOF. */
function readSome(descriptor: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, chunk, 0, chunk.length, null);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function octetsOf(text: string | CodecError, base64: boolean): Uint8Array | CodecError {
  if (typeof text !== 'string') return text;
  const octets = base64 ? fromBase64(text) : fromHex(text.replace(/\b0x/gi, ''));
  if (octets === undefined) return notOctets(text, base64);
  return octets.length > MAX_INPUT_OCTETS ? tooLarge() : octets;
}

function fromBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s/g, '');
  return /^[A-Za-z0-9+/_-]*={0,2}$/.test(digits) ? Uint8Array.from(Buffer.from(digits, 'base64')) : undefined;
}

function notOctets(text: string, base64: boolean): CodecError {
  const at = base64 ? text.search(/[^A-Za-z0-9+/_=\s-]/) : text.search(/[^0-9a-fA-F\s:-]/);
  const rule = base64 ? 'input: base64' : 'input: hex, two digits an octet';
  return at < 0 ? codecError('bad_value', 0, rule, `${text.trim().length} digits`) : codecError('bad_value', 0, rule, `character ${at + 1}: ${text[at] ?? ''}`);
}

const tooLarge = (): CodecError => codecError('too_large', MAX_INPUT_OCTETS, `input: at most ${MAX_INPUT_OCTETS} octets`);
