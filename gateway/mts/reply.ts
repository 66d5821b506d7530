/** Answers of the MTS API: JSON, and one sentence in `details` for whatever is not 200 (mts-actions-api 1). */
import type { Headers, Reply } from '../http/index.ts';

const MTS_HEADERS: Headers = [
  ['content-type', 'application/json; charset=utf-8'],
  ['cache-control', 'no-store'],
];
const BAD_REQUEST = 400;
const UNPROCESSABLE = 422;

export function ok(body: object): Reply {
  return { status: 200, body: JSON.stringify(body), headers: MTS_HEADERS };
}

export function details(status: number, sentence: string, headers?: Headers): Reply {
  return { status, body: JSON.stringify({ details: sentence }), headers: headers ? [...MTS_HEADERS, ...headers] : MTS_HEADERS };
}

/** What the gateway itself refuses. This API knows one status for whatever is wrong with a request. */
export function refuseMts(status: number, _code: string, text: string, headers?: Headers): Reply {
  return details(status === UNPROCESSABLE ? BAD_REQUEST : status, text, headers);
}
