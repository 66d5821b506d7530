/**
 * The audit trail: who did what, upon what, why, when, from where, and how it ended. An act is written down before it is begun and
 * once more when it is over, so none is done that left no trace; one without an outcome was cut short.
 */
import type { EngineFace } from '../engine/face.ts';
import type { Ids, Log } from '../engine/ports.ts';
import { AUDIT_KIND, type AuditRecord, type Outcome } from './records.ts';

/** Routing key of what has none of its own. */
const KEY = 'directory';
const MOST_CHARS = 500;

export interface Act {
  /** Owner label of a token, or `operator:NAME`. */
  readonly who: string;
  readonly by: AuditRecord['by'];
  /** `POST /ops/v1/keys`, `sign in`. */
  readonly what: string;
  readonly subject: string | null;
  readonly why: string | null;
  readonly from: string;
}

export interface Ending {
  readonly outcome: Outcome;
  /** Of the answer; null where there is none. */
  readonly status: number | null;
  /** Where it is known only afterwards: the id of what was made. */
  readonly subject?: string;
}

export interface AuditQuery {
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  readonly cursor?: string;
  readonly limit: number;
}

export interface AuditDeps {
  readonly engine: Pick<EngineFace, 'command' | 'store'>;
  readonly ids: Ids;
  readonly log: Log;
}

export class AuditTrail {
  readonly #deps: AuditDeps;

  constructor(deps: AuditDeps) {
    this.#deps = deps;
  }

  /** Rejects when it cannot be written: then the act must not be done. Returns the entry's id. */
  async begin(act: Act): Promise<string> {
    const id = this.#deps.ids.uuid();
    await this.#write('audit.begin', { ...fitting(act), id });
    return id;
  }

  /** Never rejects: the act is done, and its entry says already that it was begun. */
  async end(id: string, ending: Ending): Promise<void> {
    const { subject } = ending;
    try {
      await this.#write('audit.end', { id, ...ending, ...(subject === undefined ? {} : { subject: plain(subject) }) });
    } catch (error) {
      this.#deps.log.error({ err: error, audit: id }, 'the outcome of an act could not be written to the audit trail');
    }
  }

  /** The latest first. */
  async page({ limit, ...rest }: AuditQuery): Promise<{ readonly items: readonly AuditRecord[]; readonly cursor: string | null }> {
    const page = await this.#deps.engine.store.page({ index: 'kind', value: AUDIT_KIND, order: 'desc', limit, ...rest });
    return { items: page.items.map((doc) => doc.snapshot as AuditRecord), cursor: page.cursor ?? null };
  }

  async #write(type: string, payload: object): Promise<void> {
    await this.#deps.engine.command({ key: KEY, type, payload, origin: 'caller', id: this.#deps.ids.uuid() });
  }
}

/** Texts come from callers: bounded, and without what would steer a terminal. */
function fitting(act: Act): Act {
  return {
    ...act,
    who: plain(act.who),
    what: plain(act.what),
    subject: act.subject === null ? null : plain(act.subject),
    why: act.why === null ? null : plain(act.why),
    from: act.from.slice(0, 100),
  };
}

function plain(text: string): string {
  return withoutCredentials(text)
    .slice(0, MOST_CHARS)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

/** People paste a key where its id belongs, and a token into the reason. Our own ids are UUIDs of version 7, keys of version 4. */
function withoutCredentials(text: string): string {
  return text
    .replace(/mwt_([0-9a-f]{16})_[0-9a-f]+/gi, 'mwt_$1_[secret]')
    .replace(/whsec_[A-Za-z0-9+/_=-]+/g, 'whsec_[secret]')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '[API key]');
}
