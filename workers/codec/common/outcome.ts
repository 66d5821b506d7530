/**
 * What decoding and encoding give. Nothing in the codecs throws on bad input: a caller gets the value, or `incomplete` (the
 * octets so far are right, more must come), or a typed error that says where and why.
 */
import type { CodecErrorCode } from './codes.ts';
import type { LeniencyName } from './leniency.ts';

export interface CodecError {
  readonly code: CodecErrorCode;
  /** Octet of the input, from 0; for encoders 0. */
  readonly offset: number;
  /** Field first, then the rule: `control: must be a known frame type`. */
  readonly rule: string;
  /** What stood there, short, and never a key or password. */
  readonly got: string;
}

export interface Good<T> {
  readonly kind: 'good';
  readonly value: T;
  /** Octets of the input that the value took, leading noise included. */
  readonly consumed: number;
  /** What was wrong with the octets and was let pass; empty when all was right. */
  readonly leniencies: readonly LeniencyName[];
}

export interface Incomplete {
  readonly kind: 'incomplete';
  /** Octets that can be thrown away before more are added (noise); the rest must be given again. */
  readonly consumed: number;
  /** The least total of octets, from the start of the input, with which it is worth trying again. */
  readonly needs: number;
}

export interface Bad {
  readonly kind: 'bad';
  readonly error: CodecError;
  /** Octets to throw away before looking for the next frame: always more than 0 where there was input. */
  readonly consumed: number;
}

export type Decoded<T> = Good<T> | Incomplete | Bad;

/** @typeParam B what the encoder makes: octets, or text for text protocols */
export type Encoded<B = Uint8Array> = { readonly kind: 'good'; readonly octets: B } | { readonly kind: 'bad'; readonly error: CodecError };

const NONE: readonly LeniencyName[] = [];

export function good<T>(value: T, consumed: number, leniencies: readonly LeniencyName[] = NONE): Good<T> {
  return { kind: 'good', value, consumed, leniencies };
}

export function incomplete(needs: number, consumed = 0): Incomplete {
  return { kind: 'incomplete', consumed, needs };
}

export function codecError(code: CodecErrorCode, offset: number, rule: string, got: string | number = ''): CodecError {
  return { code, offset, rule, got: String(got) };
}

export function bad(code: CodecErrorCode, offset: number, rule: string, got: string | number, consumed: number): Bad {
  return { kind: 'bad', error: codecError(code, offset, rule, got), consumed };
}

export function encoded(octets: Uint8Array): Encoded {
  return { kind: 'good', octets };
}

export function unencodable(rule: string, got: string | number): { readonly kind: 'bad'; readonly error: CodecError } {
  return { kind: 'bad', error: codecError('bad_value', 0, rule, got) };
}

/** The error of what did not decode; `incomplete` counts as one where no more octets can come. */
export function errorOf(outcome: Incomplete | Bad, length: number): CodecError {
  if (outcome.kind === 'bad') return outcome.error;
  return codecError('truncated', length, `input: needs at least ${outcome.needs} octets`, `${length} octets`);
}

/** Thrown by {@link must} alone: for callers to whom a value that cannot be coded is a bug of theirs. */
export class CodecFault extends Error {
  readonly error: CodecError;
  constructor(error: CodecError) {
    super(`${error.code} at octet ${error.offset}: ${error.rule}${error.got === '' ? '' : ` (got ${error.got})`}`);
    this.name = 'CodecFault';
    this.error = error;
  }
}

/** The octets of an encoder whose input the caller knows to be right. @throws CodecFault */
export function must(outcome: Encoded): Uint8Array {
  if (outcome.kind === 'good') return outcome.octets;
  throw new CodecFault(outcome.error);
}

/** The value of a decoder, or a throw. @throws CodecFault */
export function mustDecode<T>(outcome: Decoded<T>, length = 0): T {
  if (outcome.kind === 'good') return outcome.value;
  throw new CodecFault(errorOf(outcome, length));
}
