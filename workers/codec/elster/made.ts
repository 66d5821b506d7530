import type { CodecError } from '../common/index.ts';

/** What a maker of telegrams or values gives: the value, or the typed error of a field that does not fit. */
export type Made<T> = { readonly kind: 'good'; readonly value: T } | { readonly kind: 'bad'; readonly error: CodecError };

export const made = <T>(value: T): { readonly kind: 'good'; readonly value: T } => ({ kind: 'good', value });

/** A short look at text for an error. */
export const clean = (text: string): string => (text.length <= 24 ? text : `${text.slice(0, 24)}… (${text.length} characters)`);
