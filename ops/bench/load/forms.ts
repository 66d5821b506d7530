/** What the requests of a job look like. A maker gives complete bytes; whatever is the same in all of them is put together once. */
import { postRequest } from './connection.ts';

/**
 * | form            | subject                              |
 * | `appoint`       | a meter point (default)              |
 * | `time-update`   | the body of the request, as JSON     |
 * | `action-status` | the id of an action                  |
 *
 * The last two speak plain HTTP as a proxy does that ended TLS in front of the engine.
 */
export type RequestForm = 'appoint' | 'time-update' | 'action-status';

export interface RequestJob {
  readonly form?: RequestForm;
  readonly path: string;
  /** API key, or token for `time-update` and `action-status`. */
  readonly apiKey: string;
  /** Idempotency keys begin with it. */
  readonly run: string;
}

export type RequestMaker = (index: number, subject: string) => string;

const MARK_KEY = '@key@';
const MARK_MPAN = '1111111111111';

/** @param today date of appointments, `YYYY-MM-DD` */
export function requestMaker(job: RequestJob, today: string): RequestMaker {
  switch (job.form ?? 'appoint') {
    case 'appoint':
      return appointMaker(job, today);
    case 'time-update':
      return timeUpdateMaker(job);
    case 'action-status':
      return (_, id) => `GET ${job.path}?requestId=${id} HTTP/1.1\r\n${proxyHeaders(job)}\r\n\r\n`;
  }
}

/** The parts that change cut out; all keys of a job have one length, so the head never changes. */
function appointMaker({ path, apiKey, run }: RequestJob, today: string): RequestMaker {
  const body = `{"mpan_core":${MARK_MPAN},"metering_service_mpid":"MOPX","effective_from":"${today}T00:00:00+00:00","contract_reference":"MSA001","appointment_scenario":"CSP"}`;
  const whole = postRequest(path, { 'X-API-KEY': apiKey, 'X-IDEMPOTENCY-KEY': MARK_KEY }, body);
  const [head = '', rest = ''] = whole.split(MARK_KEY);
  const [middle = '', tail = ''] = rest.split(MARK_MPAN);
  return (index, mpan) => `${head}${run}-${index}${middle}${mpan}${tail}`;
}

/** Bodies are ASCII: their characters are their octets. */
function timeUpdateMaker(job: RequestJob): RequestMaker {
  const head = `POST ${job.path} HTTP/1.1\r\n${proxyHeaders(job)}\r\nContent-Type: application/json\r\nContent-Length: `;
  return (_, body) => `${head}${body.length}\r\n\r\n${body}`;
}

const proxyHeaders = ({ apiKey }: RequestJob): string => `Host: 127.0.0.1\r\nAuthorization: Bearer ${apiKey}\r\nX-Forwarded-Proto: https`;
