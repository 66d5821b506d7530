/** The configuration of the server that we start: loopback, JetStream, two users. */

export interface NatsCredentials {
  /** May do everything. For the engine only. */
  readonly engine: { readonly user: 'engine'; readonly password: string };
  /** May read the stream of events, nothing else. For other systems on this machine. */
  readonly listener: { readonly user: 'listener'; readonly password: string };
}

export const EVENTS_STREAM = 'MW_EVENTS';

/** Inboxes of the engine's connection. Not `_INBOX`, which a listener may subscribe to as a whole. */
export const ENGINE_INBOX_PREFIX = '_MW_INBOX';

/** What reading a stream needs of the JetStream API: looking at it, consumers of its own, messages. No deletion, no publishing of events. */
const LISTENER_PUBLISH = [
  '$JS.API.INFO',
  `$JS.API.STREAM.INFO.${EVENTS_STREAM}`,
  `$JS.API.STREAM.MSG.GET.${EVENTS_STREAM}`,
  `$JS.API.DIRECT.GET.${EVENTS_STREAM}`,
  `$JS.API.DIRECT.GET.${EVENTS_STREAM}.>`,
  `$JS.API.CONSUMER.CREATE.${EVENTS_STREAM}`,
  `$JS.API.CONSUMER.CREATE.${EVENTS_STREAM}.>`,
  `$JS.API.CONSUMER.DURABLE.CREATE.${EVENTS_STREAM}.>`,
  `$JS.API.CONSUMER.INFO.${EVENTS_STREAM}.>`,
  `$JS.API.CONSUMER.NAMES.${EVENTS_STREAM}`,
  `$JS.API.CONSUMER.LIST.${EVENTS_STREAM}`,
  `$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.>`,
  `$JS.ACK.${EVENTS_STREAM}.>`,
  '$JS.FC.>',
];
const LISTENER_SUBSCRIBE = ['_INBOX.>'];

export interface NatsServerLayout {
  readonly port: number;
  readonly storeDir: string;
  readonly portsDir: string;
  readonly logFile: string;
  readonly pidFile: string;
  readonly maxStoreBytes: number;
  readonly maxPayloadBytes: number;
  readonly credentials: NatsCredentials;
}

/** The configuration file's text. It holds passwords: mode 600. */
export function natsConfig(layout: NatsServerLayout): string {
  const { credentials } = layout;
  const list = (subjects: readonly string[]): string => `[${subjects.map(quote).join(', ')}]`;
  return `host: "127.0.0.1"
port: ${layout.port}
server_name: "meterwright"
ports_file_dir: ${quote(layout.portsDir)}
log_file: ${quote(layout.logFile)}
pid_file: ${quote(layout.pidFile)}
logfile_size_limit: 16777216
max_payload: ${layout.maxPayloadBytes}
jetstream {
  store_dir: ${quote(layout.storeDir)}
  max_memory_store: 67108864
  max_file_store: ${layout.maxStoreBytes}
}
authorization {
  users: [
    { user: "${credentials.engine.user}", password: ${quote(credentials.engine.password)} }
    { user: "${credentials.listener.user}", password: ${quote(credentials.listener.password)}, permissions: {
      publish: { allow: ${list(LISTENER_PUBLISH)} }
      subscribe: { allow: ${list(LISTENER_SUBSCRIBE)} }
    } }
  ]
}
`;
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
