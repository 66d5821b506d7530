/**
 * What other systems' credentials may do on a server that we did not set up. Who may publish our commands or events is as good as
 * the engine itself, so this is looked at and said aloud. All that is tried is stored nowhere and heard by nobody.
 */
import { type ConnectionOptions, connect, errors } from 'nats';
import { harmless, KV_BUCKETS, permissionOf } from './capabilities.ts';
import { EVENT_STREAM, type NatsOptions } from './options.ts';

/** What is wrong with the listener's rights, in words; null when all is well. Never rejects. */
export async function checkListener(target: ConnectionOptions, options: Pick<NatsOptions, 'prefix' | 'listener' | 'ackTimeoutMs'>): Promise<string | null> {
  const { prefix, listener, ackTimeoutMs } = options;
  const forbidden = [`${prefix}.cmd.probe`, `${prefix}.evt.probe`, `$KV.${KV_BUCKETS[0]}.probe`];
  try {
    const nc = await connect({ ...target, name: 'meterwright-listener-check', reconnect: false });
    const refused = new Set<string>();
    const heard = (async () => {
      for await (const status of nc.status()) {
        const violation = status.type === 'error' ? permissionOf(status.error) : undefined;
        if (violation?.operation === 'publish') refused.add(violation.subject);
      }
    })();
    try {
      for (const subject of forbidden) {
        const { payload, headers } = harmless();
        nc.publish(subject, payload, { headers });
      }
      // The server refuses before it answers what came later.
      await nc.flush();
      const { consumer } = listener;
      const look = consumer === undefined ? `$JS.API.STREAM.INFO.${EVENT_STREAM}` : `$JS.API.CONSUMER.INFO.${EVENT_STREAM}.${consumer}`;
      const reading = await nc.request(look, '', { timeout: ackTimeoutMs }).then(
        () => null,
        (error: unknown) => error,
      );
      await nc.close();
      await heard;
      const allowed = forbidden.filter((subject) => !refused.has(subject));
      if (allowed.length > 0) return `nats.listener: must not be allowed to publish to ${allowed.join(', ')}`;
      return reading === null ? null : `nats.listener: cannot read the events: ${readingText(reading, look)}`;
    } finally {
      await nc.close();
    }
  } catch (error) {
    return `nats.listener: cannot connect: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function readingText(error: unknown, subject: string): string {
  const violation = permissionOf(error);
  if (violation) return `the ${violation.operation} of ${violation.subject} is refused`;
  if (error instanceof errors.TimeoutError) return `no answer to ${subject}`;
  return error instanceof Error ? error.message : String(error);
}
