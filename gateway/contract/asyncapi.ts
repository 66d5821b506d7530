/** The AsyncAPI 3.0 document: events on NATS (interfaces 5) and the live sockets (interfaces 4.1). */
import type { TSchema } from 'typebox';
import * as live from '../live/protocol.ts';
import { cloudEventExample, cloudEventSchema, EVENT_DOMAINS, type EventDomain, eventType, ProgressSchema, progressExample } from './events.ts';
import { CLIENT_FRAMES, type FrameMessage, SERVER_FRAMES } from './frames.ts';
import { Schemas } from './openapi.ts';
import type { Served } from './operation.ts';

export interface AsyncApiFacts {
  readonly version: string;
  /** First token of subjects. */
  readonly prefix: string;
  readonly served: Served;
}

type Members = { readonly [member: string]: unknown };

/** The instant and the data of the source's samples. */
export const SEED_SERVED: Served = {
  mpid: 'SUPX',
  mpan: '1234567890123',
  effectiveFrom: '2026-03-30T00:00:00+01:00',
  idempotencyKey: 'seed',
  meter: { meterType: 'ELSTERA1700', remoteAddress: '07777000000', outstationAddress: '1', serialNumber: '12345678' },
  requestId: '1234',
  now: Date.UTC(2026, 2, 24, 10, 35),
};

const DESCRIPTION = `What happens, as other systems hear it: on NATS (events of the JetStream stream \`MW_EVENTS\`, progress on core NATS), and on live sockets over HTTPS.

Each message has an example \`seed\`, with the data of the source specification's samples, and one \`try\`, with what the demo has now. docs/nats.md tells how to listen, and what is promised.`;

const ref = (path: string): Members => ({ $ref: `#/${path}` });

/** @param schemas kept from one document to the next, what was made of them is used again */
export function asyncApiDocument({ version, prefix, served }: AsyncApiFacts, schemas: Schemas = new Schemas()): Members {
  const build = new Builder(served, schemas);
  for (const domain of EVENT_DOMAINS) build.events(prefix, domain);
  build.replay(prefix);
  build.progress(prefix);
  build.sockets();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Meterwright: events',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      nats: {
        host: '{host}:{port}',
        protocol: 'nats',
        description: 'NATS 2.9 or later, with JetStream',
        variables: { host: { default: 'localhost' }, port: { default: '4222' } },
        security: [ref('components/securitySchemes/natsUser')],
      },
      live: {
        host: '{host}:{port}',
        protocol: 'wss',
        description: 'This engine',
        variables: { host: { default: 'localhost' }, port: { default: '8443' } },
        security: [ref('components/securitySchemes/firstFrame')],
      },
    },
    channels: build.channels,
    operations: build.operations,
    components: {
      messages: build.messages,
      schemas: build.schemas.named,
      securitySchemes: {
        natsUser: { type: 'userPassword', description: 'Or a token, an nkey or a credentials file, as the server is set up' },
        firstFrame: { type: 'apiKey', in: 'user', description: 'API key or token, in the frame `auth`; within 10 seconds' },
      },
    },
  };
}

class Builder {
  readonly schemas: Schemas;
  readonly channels: Record<string, Members> = {};
  readonly operations: Record<string, Members> = {};
  readonly messages: Record<string, Members> = {};
  readonly #served: Served;

  constructor(served: Served, schemas: Schemas) {
    this.#served = served;
    this.schemas = schemas;
  }

  events(prefix: string, domain: EventDomain): void {
    const names = domain.messages.map((message) => {
      const name = `${domain.name}.${message.what}`;
      this.messages[name] = {
        name: eventType(domain, message),
        title: `${domain.name} ${message.what}`,
        summary: message.summary,
        contentType: 'application/cloudevents+json',
        ...(domain.name === 'node' ? {} : { headers: { type: 'object', properties: { 'Nats-Msg-Id': { type: 'string', description: 'The id' } } } }),
        payload: this.schemas.open(cloudEventSchema(domain, message)),
        examples: this.#examples((at) => cloudEventExample(domain, message, at)),
      };
      return name;
    });
    const tokens = Object.keys(domain.tokens).map((token) => `{${token}}`);
    const what = { description: 'What happened', enum: domain.messages.map((message) => message.what) };
    this.#channel(domain.name, {
      address: [prefix, 'evt', domain.name, ...tokens, '{what}'].join('.'),
      title: `Events: ${domain.summary}`,
      description: 'In the JetStream stream `MW_EVENTS`. Each actor’s events come in the order of their ids; one may appear twice, under the same id.',
      servers: [ref('servers/nats')],
      parameters: { ...Object.fromEntries(Object.entries(domain.tokens).map(([token, description]) => [token, { description }])), what },
      names,
    });
    this.#operation(domain.name, 'send', domain.name, `Tells of ${lowered(domain.summary)}`, names);
  }

  /** The same events, beside the stream. */
  replay(prefix: string): void {
    const names = EVENT_DOMAINS.filter(({ name }) => name !== 'node').flatMap(({ name, messages }) => messages.map(({ what }) => `${name}.${what}`));
    this.#channel('replay', {
      address: `${prefix}.replay.{rest}`,
      title: 'Events told once more',
      description: 'Answers to `mw events replay`, on core NATS: the subject behind `evt`, with the first ids and payloads. Subscribe before you ask.',
      servers: [ref('servers/nats')],
      parameters: { rest: { description: 'Such as `appointment.SUPX.3.created`' } },
      names,
    });
    this.#operation('replay', 'send', 'replay', 'Tells of the past once more', names);
  }

  progress(prefix: string): void {
    const name = 'meter-session.progress';
    this.messages[name] = {
      name,
      title: 'Progress of a meter session',
      summary: 'The session has come to a stage',
      payload: this.schemas.open(ProgressSchema),
      examples: this.#examples(progressExample),
    };
    this.#channel('progress', {
      address: `${prefix}.live.meter-action.{requestId}`,
      title: 'Progress of running meter sessions',
      description: 'On core NATS: not stored, and whoever does not listen misses it.',
      servers: [ref('servers/nats')],
      parameters: { requestId: { description: 'Of the action' } },
      names: [name],
    });
    this.#operation('progress', 'send', 'progress', 'Tells how far a session is', [name]);
  }

  sockets(): void {
    const told = (frames: readonly FrameMessage[], way: string): string[] => frames.map((frame) => this.#frame(frame, way));
    const client = told(CLIENT_FRAMES, 'client');
    const server = told(SERVER_FRAMES, 'server');
    const codes = Object.entries(live.CLOSE).map(([name, code]) => `${code} ${name}`);
    this.#channel('live', {
      address: '/live/v1',
      title: 'Live sockets',
      description: [
        'One frame is one text message. A socket says `auth` first, hears `ready`, and subscribes: a snapshot, then every change, with no loss in between.',
        'Reconnect with `after` set to the last `seq` that you have: what came since follows, or `gap` says what is no longer held.',
        `Codes of a close: ${codes.join(', ')}.`,
      ].join('\n\n'),
      servers: [ref('servers/live')],
      bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      names: [...client, ...server],
    });
    this.#operation('liveSays', 'receive', 'live', 'What a client says', client);
    this.#operation('liveHears', 'send', 'live', 'What a client hears', server);
  }

  #frame({ kind, summary, schema, example }: FrameMessage, way: string): string {
    const name = `live.${way}.${kind}`;
    this.messages[name] = { name: kind, title: `${kind} (${way})`, summary, payload: this.schemas.of(schema as TSchema), examples: this.#examples(example) };
    return name;
  }

  #examples(make: (served: Served) => unknown): readonly Members[] {
    return [
      { name: 'seed', summary: 'With the data of the samples', payload: make(SEED_SERVED) },
      { name: 'try', summary: 'With what the demo has now', payload: make(this.#served) },
    ];
  }

  #channel(name: string, { names, ...channel }: Members & { readonly names: readonly string[] }): void {
    this.channels[name] = { ...channel, messages: Object.fromEntries(names.map((message) => [message, ref(`components/messages/${message}`)])) };
  }

  #operation(name: string, action: 'send' | 'receive', channel: string, summary: string, messages: readonly string[]): void {
    this.operations[name] = {
      action,
      summary,
      channel: ref(`channels/${channel}`),
      messages: messages.map((message) => ref(`channels/${channel}/messages/${message}`)),
    };
  }
}

const lowered = (text: string): string => `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
