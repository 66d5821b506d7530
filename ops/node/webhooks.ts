/** The outgoing webhook of this installation: its view, its channel, and what operators do with it. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Voice } from '../../actors/cluster/index.ts';
import type { EngineFace, Ports } from '../../actors/engine/index.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { createNameResolver, hostAddresses, hostTable, type LinksOptions } from '../../actors/link/index.ts';
import type { Sealer } from '../../actors/secrets/index.ts';
import type { Store } from '../../actors/store/index.ts';
import {
  createAddressCheck,
  createSender,
  createWebhookChannel,
  WEBHOOK_CHANNEL,
  type WebhookChannel,
  type WebhookOptions,
  Webhooks,
  WebhookView,
  webhookNotice,
} from '../../actors/webhook/index.ts';
import type { WebhookSource } from './metrics.ts';

export interface WebhookSetup {
  readonly options: WebhookOptions;
  /** Names are looked up as those of meters are. */
  readonly links: Pick<LinksOptions, 'dns' | 'tcp'>;
  readonly suppliers: readonly string[];
  readonly store: Pick<Store, 'get'>;
  readonly ports: Ports;
  /** Channels are made before the engine. */
  readonly engine: () => EngineFace;
  readonly sealer: Sealer;
  readonly voice: Voice;
  /** Ports that this process listens on: no receiver is behind them. */
  readonly ownPorts: () => readonly number[];
}

export interface WebhookHouse {
  readonly view: WebhookView;
  readonly channel: WebhookChannel;
  readonly webhooks: Webhooks;
  readonly notice: ReturnType<typeof webhookNotice>;
  close(): Promise<void>;
}

/** @throws MeterwrightError `config_invalid` when rules of addresses or `webhook.caFile` cannot be used */
export function openWebhooks(setup: WebhookSetup): WebhookHouse {
  const { options, links, ports, engine, sealer, suppliers, store, voice, ownPorts } = setup;
  const { clock, log } = ports;
  const view = new WebhookView({ store, mpids: suppliers, clock, log, voice });
  const check = createAddressCheck(options, { ports: ownPorts, addresses: hostAddresses });
  const sender = createSender({
    clock,
    resolver: createNameResolver({ clock, options: links.dns, hosts: hostTable(links.tcp.hosts) }),
    check,
    timeoutMs: options.timeoutMs,
    maxAnswerBytes: options.maxAnswerBytes,
    ...(options.caFile === undefined ? {} : { ca: readAuthorities(options.caFile) }),
  });
  return {
    view,
    channel: createWebhookChannel({ options, ports, engine, view, sealer, sender }),
    webhooks: new Webhooks({ options, engine, ports, view, mpids: suppliers, check, sealer, sender, secrets: { bytes: (count) => randomBytes(count) } }),
    notice: webhookNotice(view),
    async close() {
      view.stop();
      await sender.close();
    },
  };
}

/** For the metrics. Undone deliveries are counted in the store, which more than one node may share. */
export function webhookSource(channel: WebhookChannel, store: Pick<Store, 'outboxSize'>): WebhookSource {
  return {
    outcomes: channel.outcomes,
    get underWay() {
      return channel.underWay;
    },
    owed: () => store.outboxSize(WEBHOOK_CHANNEL),
  };
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MeterwrightError('config_invalid', `webhook.caFile: must be a file that can be read, value ${JSON.stringify(file)}`, { cause });
  }
}
