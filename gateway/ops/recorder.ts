/** Writes the acts of guarded routes to the audit trail: before the handler runs, and when its answer is known or has been sent. */
import type { Act, AuditTrail, Ending } from '../../actors/identity/index.ts';
import { type AnyReply, type GatewayRequest, type StreamReply, toFailure } from '../http/index.ts';
import type { OpsAct } from './guard.ts';

const MOST_BODY_BYTES = 65_536;

export class Recorder {
  readonly #audit: AuditTrail;

  constructor(audit: AuditTrail) {
    this.#audit = audit;
  }

  /** Rejects as the handler does, and when the act cannot be written down; then the handler has not run. */
  async run(request: GatewayRequest, who: Pick<Act, 'who' | 'by' | 'from'>, handle: (act: OpsAct) => AnyReply | Promise<AnyReply>): Promise<AnyReply> {
    const { method, path } = request.route;
    const what = `${method} ${path}`;
    const id = await this.#audit.begin({
      ...who,
      what,
      subject: subjectOf(request),
      why: reasonOf(request.body) ?? new URLSearchParams(request.query).get('reason'),
    });
    let subject: string | undefined;
    const end = (ending: Omit<Ending, 'subject'>): Promise<void> => this.#audit.end(id, { ...ending, ...(subject === undefined ? {} : { subject }) });
    const about = (text: string): void => {
      subject = text;
    };
    let reply: AnyReply;
    try {
      reply = await handle({ about });
    } catch (error) {
      const failure = toFailure(error);
      await end({ outcome: failure && failure.status < 500 ? 'refused' : 'failed', status: failure?.status ?? 500 });
      throw error;
    }
    if ('stream' in reply) return { ...reply, stream: watched(reply, end) };
    await end({ outcome: outcomeOf(reply.status), status: reply.status });
    return reply;
  }
}

function outcomeOf(status: number): Ending['outcome'] {
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}

/** The lines of a long answer as they are; its last one tells how it ended (see `jsonLines`). */
async function* watched(reply: StreamReply, end: (ending: Omit<Ending, 'subject'>) => Promise<void>): AsyncGenerator<string> {
  let last = '';
  let isWhole = false;
  try {
    for await (const piece of reply.stream) {
      if (piece.trim() !== '') last = piece;
      yield piece;
    }
    isWhole = !/^\{"error":/.test(last);
  } finally {
    await end({ outcome: isWhole ? 'done' : 'failed', status: reply.status });
  }
}

/** What the path names; else the query, which says what an import is of. A handler may know better. */
function subjectOf({ params, query }: GatewayRequest): string | null {
  const named = params.map(decoded).join(' ');
  return named !== '' ? named : query !== '' ? decoded(query) : null;
}

/** The member `reason` or `note` of a JSON body; a call without a body gives it in the query. */
function reasonOf(body: Uint8Array): string | null {
  if (body.byteLength === 0 || body.byteLength > MOST_BODY_BYTES) return null;
  try {
    const { reason, note } = JSON.parse(Buffer.from(body).toString('utf8')) as { readonly reason?: unknown; readonly note?: unknown };
    return ([reason, note].find((text) => typeof text === 'string' && text !== '') as string | undefined) ?? null;
  } catch {
    return null;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
