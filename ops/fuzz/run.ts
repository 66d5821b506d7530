/** One run: inputs of rising index, each told by seed and index alone, until the budget is spent or a property breaks. */
import { toHex } from '../../workers/codec/common/index.ts';
import { mutated } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzTarget } from './target.ts';

export interface Finding {
  readonly codec: string;
  readonly seed: number;
  readonly index: number;
  /** What broke. */
  readonly property: string;
  /** The input, hex; a target may dress it up with good checks before it is decoded. */
  readonly input: string;
}

/** A decoding of at most some thousand octets takes microseconds; the bound leaves room for a slow machine. */
export const SLOWEST_INPUT_MS = 2_000;
/** A machine that stood still for a while looks like a slow input: it must be slow each time. */
const SLOW_TIMES = 3;
const SLOW = 'takes ';

/** @returns the finding of this one input */
export function tryInput(target: FuzzTarget, seed: number, index: number): Finding | undefined {
  const random = new Random(seed, index);
  const input = mutated(target.corpus, random);
  let property = brokenBy(target, input, random);
  for (let time = 1; time < SLOW_TIMES && property?.startsWith(SLOW); time++) property = brokenBy(target, input, replayed(target, seed, index));
  return property === undefined ? undefined : { codec: target.name, seed, index, property, input: toHex(input) };
}

/** The random numbers as they stood after the input of an index was made. */
function replayed(target: FuzzTarget, seed: number, index: number): Random {
  const random = new Random(seed, index);
  mutated(target.corpus, random);
  return random;
}

/** The input of an index, for a run that did not come back. */
export function inputOf(target: FuzzTarget, seed: number, index: number): string {
  return toHex(mutated(target.corpus, new Random(seed, index)));
}

function brokenBy(target: FuzzTarget, input: Uint8Array, random: Random): string | undefined {
  const startedAt = performance.now();
  try {
    const fault = target.check(input, random);
    if (fault !== undefined) return fault;
  } catch (error) {
    return `P1: throws ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const tookMs = performance.now() - startedAt;
  return tookMs > SLOWEST_INPUT_MS ? `${SLOW}${Math.round(tookMs)} ms` : undefined;
}

/** A fixed number of inputs. */
export function fuzz(target: FuzzTarget, seed: number, count: number): Finding | undefined {
  for (let index = 0; index < count; index++) {
    const finding = tryInput(target, seed, index);
    if (finding !== undefined) return finding;
  }
  return undefined;
}
