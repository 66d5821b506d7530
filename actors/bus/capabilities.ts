/**
 * What a NATS server must be able to do for us, asked at the door: at every connection, before anything relies on it. Each lack is
 * an error with its own code that names the setting or the right that is missing.
 *
 *   2.9 or later ─► JetStream, for this account ─► messages of the size that we send ─► (clusters) buckets that we may write
 */
import { JetStreamApiError, JetStreamError, jetstreamManager } from '@nats-io/jetstream';
import { errors, headers, type NatsConnection, type PermissionViolationError } from 'nats';
import { MeterwrightError } from '../errors/error.ts';

/** Largest message that we may send: a batch of commands, an event with everything that a meter said. */
export const MIN_PAYLOAD_BYTES = 262_144;
/** Buckets of leases and of nodes (interfaces, section 5). */
export const KV_BUCKETS = ['MW_SHARDS', 'MW_NODES'] as const;

/** The server, or what we may do there, is not enough. It is looked at again at every connection and after each pause. */
export class NatsLackError extends MeterwrightError {
  constructor(code: string, message: string, cause?: unknown) {
    super(code, message, { retry: 'later', ...(cause === undefined ? {} : { cause }) });
  }
}

/** Version, JetStream and size of messages: told in the server's greeting, so nothing is asked. @throws NatsLackError */
export function checkServer(nc: Pick<NatsConnection, 'info'>): void {
  const version = nc.info?.version ?? '0.0.0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 9)) throw new NatsLackError('nats_too_old', `nats.url: the server must be NATS 2.9 or later: ${version}`);
  if (nc.info?.jetstream !== true) throw new NatsLackError('nats_without_jetstream', 'nats.url: the server must have JetStream enabled');
  const bytes = nc.info.max_payload;
  if (bytes < MIN_PAYLOAD_BYTES)
    throw new NatsLackError('nats_small_payload', `nats.url: max_payload of the server must be at least ${MIN_PAYLOAD_BYTES} bytes: ${bytes}`);
}

/** Whether leases and nodes can be kept: buckets may be looked at, made and written. Rejects with `NatsLackError`. */
export async function checkKv(nc: NatsConnection, timeoutMs: number): Promise<void> {
  const manager = await jetstreamManager(nc, { checkAPI: false, timeout: timeoutMs });
  const account = await manager.getAccountInfo().catch((error: unknown) => {
    throw lackOf(error);
  });
  if (account.limits.max_storage === 0)
    throw new NatsLackError('nats_without_jetstream', 'nats.url: this account may keep nothing in files; JetStream needs `max_file`');
  const subjects = KV_BUCKETS.flatMap((bucket) => [`$JS.API.STREAM.INFO.KV_${bucket}`, `$JS.API.STREAM.CREATE.KV_${bucket}`, `$KV.${bucket}.probe`]);
  const allowed = await Promise.all(subjects.map((subject) => mayPublish(nc, subject, timeoutMs)));
  const refused = subjects.filter((_, index) => !allowed[index]);
  if (refused.length > 0) throw new NatsLackError('nats_rights', `nats.user: must be allowed to publish to ${refused.join(', ')}, for leases and nodes`);
}

/** Stored nowhere: the stream that it is meant for does not exist, and what it asks for cannot be read. */
export function harmless(): { readonly payload: string; readonly headers: ReturnType<typeof headers> } {
  const marked = headers();
  marked.set('Nats-Expected-Stream', 'MW_PROBE');
  return { payload: '?', headers: marked };
}

async function mayPublish(nc: NatsConnection, subject: string, timeoutMs: number): Promise<boolean> {
  const { payload, headers: marked } = harmless();
  try {
    await nc.request(subject, payload, { timeout: timeoutMs, headers: marked });
  } catch (error) {
    if (permissionOf(error)) return false;
    // Nobody listens to a bucket that is not there yet, and what is not answered was at least let through.
  }
  return true;
}

/** The server's refusal for want of a right, wherever the library put it. */
export function permissionOf(error: unknown): PermissionViolationError | undefined {
  if (error instanceof errors.PermissionViolationError) return error;
  return error instanceof Error && error.cause !== undefined ? permissionOf(error.cause) : undefined;
}

function nobodyAnswers(error: unknown): boolean {
  return error instanceof Error && (error instanceof errors.NoRespondersError || nobodyAnswers(error.cause));
}

/** Codes of the JetStream API. */
export const API = {
  noPeers: 10_005,
  noLeader: 10_008,
  noRoom: 10_047,
  storage: 10_023,
  notFound: 10_059,
  notClustered: 10_074,
  notEnabled: 10_076,
  notForAccount: 10_039,
} as const;

export function isApi(error: unknown, ...codes: readonly number[]): error is JetStreamApiError {
  return error instanceof JetStreamApiError && codes.includes(error.code);
}

/** An error of the JetStream API in words that name what to do; any other as it is. */
export function lackOf(error: unknown): unknown {
  const refused = permissionOf(error);
  if (refused) return new NatsLackError('nats_rights', `nats.user: must be allowed the ${refused.operation} of ${refused.subject}`, error);
  if (isApi(error, API.notClustered))
    return new NatsLackError('nats_not_clustered', 'nats.stream.replicas: more than one copy needs a NATS cluster; this server is alone', error);
  if (isApi(error, API.noPeers, API.storage))
    return new NatsLackError(
      'nats_no_peers',
      `nats.stream.replicas: needs as many servers of the cluster that are up, with JetStream and room: ${error.message}`,
      error,
    );
  if (isApi(error, API.notEnabled, API.notForAccount) || nobodyAnswers(error))
    return new NatsLackError('nats_without_jetstream', 'nats.url: JetStream must be enabled for this account', error);
  if (isApi(error, API.noLeader) || error instanceof errors.TimeoutError || (error instanceof JetStreamError && /unavailable/i.test(error.message)))
    return new NatsLackError('nats_no_leader', 'nats.url: JetStream does not answer: it has no leader now, or is starting', error);
  return error;
}
