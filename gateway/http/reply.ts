/** Answers as data: handlers return them, the exchange writes them. */
import { STATUS_CODES } from 'node:http';

export type Headers = readonly (readonly [name: string, value: string])[];

/** An answer whose body is at hand. */
export interface Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers?: Headers;
}

/** An answer that is written piece by piece, as fast as the reader takes it. */
export interface StreamReply {
  readonly status: number;
  readonly headers?: Headers;
  readonly stream: AsyncIterable<string>;
}

export type AnyReply = Reply | StreamReply;

const STATUS_LINES = new Map<number, string>(Object.entries(STATUS_CODES).map(([status, text]) => [Number(status), `${status} ${text}`]));

/** `202 Accepted`. */
export function statusLine(status: number): string {
  return STATUS_LINES.get(status) ?? String(status);
}

export const JSON_HEADERS: Headers = [['content-type', 'application/json']];
const PROBLEM_HEADERS: Headers = [['content-type', 'application/problem+json']];

export function json(status: number, value: unknown, headers: Headers = JSON_HEADERS): Reply {
  return { status, body: JSON.stringify(value), headers };
}

/** The supplier API's refusal (appointments 1.3). */
export function detail(status: number, text: string, headers?: Headers): Reply {
  return { status, body: JSON.stringify({ detail: text }), headers: headers ? [...JSON_HEADERS, ...headers] : JSON_HEADERS };
}

/** One entry of a 422 (appointments 1.3). */
export interface DetailEntry {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

export function unprocessable(entries: readonly DetailEntry[]): Reply {
  return json(422, { detail: entries });
}

/** An RFC 9457 problem, for the operator's API. `code` is one of `actors/errors/codes.ts`. */
export function problem(status: number, code: string, text: string, more: Readonly<Record<string, unknown>> = {}, headers?: Headers): Reply {
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail: text, ...more });
  return { status, body, headers: headers ? [...PROBLEM_HEADERS, ...headers] : PROBLEM_HEADERS };
}

/** `Retry-After` in whole seconds, at least one. */
export function retryAfter(delayMs: number): Headers {
  return [['retry-after', String(Math.max(1, Math.ceil(delayMs / 1000)))]];
}
