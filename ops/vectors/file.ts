/** Vector files: a JSON array of vectors, each member of the type that `test/vectors/README.md` gives it. */
import { readFileSync } from 'node:fs';
import { type Json, type JsonObject, MalformedVector, type VectorContext } from './mapping.ts';
import { isObject, Members } from './members.ts';

const DIRECTIONS = ['client->meter', 'meter->client', 'n/a', 'both'] as const;
const KINDS = ['real', 'capture', 'quirk', 'negative', 'synthetic', 'derived'] as const;
const KEYS = ['encryptionKey', 'authenticationKey', 'clientSystemTitle', 'serverSystemTitle', 'dedicatedKey'] as const;
const CHALLENGES = ['challengeStoC', 'challengeCtoS'] as const;

export interface Vector {
  readonly id: string;
  readonly protocol: string;
  readonly form: string;
  readonly kind: (typeof KINDS)[number];
  readonly octets: Uint8Array;
  readonly encode: boolean;
  readonly decoded: JsonObject;
  /** What its decoder and encoder are told besides the octets. */
  readonly context: VectorContext;
}

/** A file that holds no vectors. The message names the file, and where it can the index and member. */
export class VectorFileError extends Error {
  constructor(file: string, where: string, rule: string) {
    super(`${file}: ${where === '' ? '' : `${where}: `}${rule}`);
    this.name = 'VectorFileError';
  }
}

/** @throws VectorFileError */
export function readVectorFile(file: string): readonly Vector[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new VectorFileError(file, '', `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parseVectors(text, file);
}

/** @throws VectorFileError */
export function parseVectors(text: string, file: string): readonly Vector[] {
  let content: Json;
  try {
    content = parseExactly(text);
  } catch (error) {
    throw new VectorFileError(file, '', `must be JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(content)) throw new VectorFileError(file, '', 'must be a JSON array of vectors');
  const ids = new Set<string>();
  return (content as readonly Json[]).map((element, index) => {
    try {
      const vector = readVector(element);
      if (ids.has(vector.id)) throw new MalformedVector('id', `must be unique, ${vector.id} was there before`);
      ids.add(vector.id);
      return vector;
    } catch (error) {
      if (error instanceof MalformedVector) throw new VectorFileError(file, `[${index}]`, error.message);
      throw error;
    }
  });
}

/** JSON whose whole numbers beyond 2^53 stay exact, as decimal text; 64-bit values are compared in that form. */
export function parseExactly(text: string): Json {
  const exact = (_name: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && /^-?\d+$/.test(source) ? source : value;
  };
  return JSON.parse(text, exact) as Json;
}

function readVector(element: Json): Vector {
  if (!isObject(element)) throw new MalformedVector('vector', 'must be an object');
  const members = new Members(element);
  const decoded = members.raw('decoded');
  if (!isObject(decoded)) throw members.wrong('decoded', 'must be an object');
  const octets = members.hex('hex');
  const id = members.text('id');
  if (id === '') throw members.wrong('id', 'must not be empty');
  return {
    id,
    protocol: members.text('protocol'),
    form: members.text('form'),
    kind: members.oneOf('kind', KINDS),
    octets,
    encode: members.bool('encode'),
    decoded,
    context: {
      direction: members.oneOf('direction', DIRECTIONS),
      given: givenOf(members, decoded),
      ...(members.has('keys') ? { keys: readKeys(members.object('keys')) } : {}),
      ...(members.has('hls') ? { hls: hexTexts(members.object('hls'), CHALLENGES) } : {}),
    },
  };
}

/** The caller's facts; a session's transport and the cuts between its frames are of that kind. */
function givenOf(members: Members, decoded: JsonObject): JsonObject {
  const given = decoded.given ?? {};
  if (!isObject(given)) throw new MalformedVector('decoded.given', 'must be an object');
  if (!members.has('frames')) return given;
  const frames = members.list('frames', (value, path) => {
    const frame = Members.of(value, path);
    frame.hex('hex');
    return { direction: frame.oneOf('direction', DIRECTIONS), hex: frame.text('hex') };
  });
  return { ...given, transport: members.text('transport'), frames };
}

/** The `keys` of a vector, or of the file that `decode --keys` takes. @throws MalformedVector */
export function readKeys(members: Members): NonNullable<VectorContext['keys']> {
  return hexTexts(members, KEYS);
}

function hexTexts<Name extends string>(members: Members, names: readonly Name[]): { readonly [K in Name]?: string } {
  const found: { [K in Name]?: string } = {};
  for (const name of names) {
    if (!members.has(name)) continue;
    members.hex(name);
    found[name] = members.text(name);
  }
  return found;
}
