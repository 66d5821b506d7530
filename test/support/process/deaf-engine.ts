/** The engine's own program, which never hears the words of other nodes about credentials and webhooks: it has only what the store says. */
import { NodeCalls } from '../../../actors/cluster/index.ts';

const UNHEARD: ReadonlySet<string> = new Set(['access', 'webhooks']);

const { onBroadcast } = NodeCalls.prototype;
NodeCalls.prototype.onBroadcast = function hardOfHearing(this: NodeCalls, topic, listener) {
  return onBroadcast.call(this, topic, UNHEARD.has(topic) ? () => {} : listener);
};

await import('../../../ops/node/main.ts');
