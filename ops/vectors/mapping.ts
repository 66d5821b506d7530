/**
 * How a protocol's octets become the members that `test/vectors/README.md` names, and back. One table per file and form; the
 * command line's `decode` shows the same members, so what people read and what the vectors check is one thing.
 */
import type { CodecError, Encoded, LeniencyOptions } from '../../workers/codec/common/index.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export interface JsonObject {
  readonly [name: string]: Json;
}

/** What the octets do not hold. Hex members as in the vectors. */
export interface VectorContext extends LeniencyOptions {
  readonly direction?: 'client->meter' | 'meter->client' | 'n/a' | 'both';
  readonly given?: JsonObject;
  readonly keys?: {
    readonly encryptionKey?: string;
    readonly authenticationKey?: string;
    readonly clientSystemTitle?: string;
    readonly serverSystemTitle?: string;
    /** Of one association; the vectors have none. */
    readonly dedicatedKey?: string;
  };
  readonly hls?: { readonly challengeStoC?: string; readonly challengeCtoS?: string };
}

export type Presented =
  | {
      readonly kind: 'good';
      readonly value: JsonObject;
      readonly leniencies: readonly string[] /** Octets used; the whole input where absent. */;
      readonly consumed?: number;
    }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'bad'; readonly error: CodecError };

export interface FormMapping {
  decode(octets: Uint8Array, context: VectorContext): Presented;
  /** Absent where a form is never built as a whole. A member that is missing or ill-typed throws {@link MalformedVector}. */
  encode?(decoded: JsonObject, context: VectorContext): Encoded;
}

/** The table of one vector file. */
export interface Protocol {
  /** The file's name without `.json`; `decode --protocol` takes it. */
  readonly name: string;
  readonly forms: Readonly<Record<string, FormMapping>>;
  /** The form that these octets look like, for the command line. */
  formOf(octets: Uint8Array): string;
  /** Are these octets of this protocol? 0 no, 1 a good frame with its checks; in between as sure as it can be. */
  recognise(octets: Uint8Array): number;
  /** What several results of one input tell together, such as a message out of its segments; added to the results. */
  join?(results: readonly JsonObject[], context: VectorContext): readonly JsonObject[];
}

/** A vector, or a member of its `decoded`, that is not as the tables say. */
export class MalformedVector extends Error {
  readonly member: string;
  constructor(member: string, rule: string) {
    super(`${member}: ${rule}`);
    this.name = 'MalformedVector';
    this.member = member;
  }
}
