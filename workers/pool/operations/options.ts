/** Settings of a decoder on their way to a worker. */
import { LENIENCIES, type LeniencyName, type LeniencyOptions, type Limits } from '../../codec/common/index.ts';
import type { Packer, Unpacker } from '../packing.ts';

export interface DecodeOptions extends LeniencyOptions {
  readonly limits?: Partial<Limits> | undefined;
}

/** Octets that {@link writeOptions} packs at most. */
export const OPTIONS_BYTES = 40;

const NAMES = Object.keys(LENIENCIES) as LeniencyName[];
const ALL = -1;
const ABSENT = -1;

export function writeOptions(out: Packer, { strict, limits }: DecodeOptions): void {
  out.word(strict === 'all' ? ALL : (strict ?? []).reduce((bits, name) => bits | (1 << NAMES.indexOf(name)), 0));
  if (limits === undefined) {
    out.word(0);
    return;
  }
  out.word(1);
  out
    .double(limits.maxDepth ?? ABSENT)
    .double(limits.maxElements ?? ABSENT)
    .double(limits.maxOctets ?? ABSENT);
}

/** Undefined where nothing was set. */
export function readOptions(input: Unpacker): DecodeOptionsGiven | undefined {
  const bits = input.word();
  const limited = input.word() === 1;
  if (bits === 0 && !limited) return undefined;
  const strict = bits === ALL ? 'all' : NAMES.filter((_, index) => (bits & (1 << index)) !== 0);
  return limited ? { strict, limits: readLimits(input) } : { strict };
}

/** As the codecs take them: a limit is there or is not. */
export interface DecodeOptionsGiven extends LeniencyOptions {
  readonly limits?: Partial<Limits>;
}

function readLimits(input: Unpacker): Partial<Limits> {
  const limits: { -readonly [Name in keyof Limits]?: number } = {};
  for (const name of ['maxDepth', 'maxElements', 'maxOctets'] as const) {
    const value = input.double();
    if (value !== ABSENT) limits[name] = value;
  }
  return limits;
}

/** The same for a decoder that is called without the hop. */
export function givenOptions({ strict, limits }: DecodeOptions): DecodeOptionsGiven | undefined {
  if (strict === undefined && limits === undefined) return undefined;
  return { ...(strict === undefined ? {} : { strict }), ...(limits === undefined ? {} : { limits }) };
}
