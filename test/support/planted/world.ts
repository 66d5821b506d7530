/** An engine with a demo, meters and a receiver of webhooks, into which secrets of every kind are planted; what it says is kept, to be searched. */
import { createPrivateKey, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from 'nats';
import { Agent, request } from 'undici';
import { natsCredentials } from '../../../ops/nats/credentials.ts';
import { type Ended, Installation, type MeterField, run, startMeterField } from '../process/index.ts';
import { Receiver } from '../receiver.ts';
import { Plants } from './plants.ts';

/** What was said or left somewhere. */
export interface Seen {
  readonly where: string;
  readonly text: string;
}

export interface Asked {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Question {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it stands, anything else as JSON. */
  readonly body?: unknown;
  /** Its answer is the one that shows a secret, as it must. */
  readonly shows?: true;
}

const LETTERS = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Eight characters, which is what many meters have as a password. */
export const eight = (): string => [...randomBytes(8)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
/** With all that has to be written otherwise in JSON, in addresses and in octets. */
export const awkward = (): string => `${eight()} "p\\ß%&/+?ü" ${eight()}`;
export const unguessable = (): string => randomBytes(24).toString('base64url');

const CLOCK = { offsetSeconds: -95 };

export class PlantedWorld {
  readonly plants = new Plants();
  readonly seen: Seen[] = [];
  /** What is done when all else is: sockets close, and what they heard is kept. */
  readonly lateNotes: (() => Promise<void>)[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'mw-planted-'));
  readonly dipApiKey = `dip-${unguessable()}`;
  readonly receiver: Receiver;
  readonly field: MeterField & { stop(): Promise<void> };
  readonly installation: Installation;
  /** Of the ciphered meter, hexadecimal. */
  readonly cipherKeys: readonly string[];
  #agent: Agent | undefined;
  #nats: NatsConnection | undefined;

  constructor(receiver: Receiver, field: PlantedWorld['field'], cipherKeys: readonly string[]) {
    this.receiver = receiver;
    this.field = field;
    this.cipherKeys = cipherKeys;
    const webhook = { allow: [`127.0.0.1/32 ${receiver.port}`], caFile: join(this.folder, 'receiver.pem') };
    // One, on the embedded store, whatever the suite is run with: its backup is opened here.
    this.installation = new Installation({ nodes: 1, settings: { ...field.settings, log: { level: 'debug' }, webhook } });
  }

  static async start(): Promise<PlantedWorld> {
    const cipherKeys = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')] as const;
    const [encryptionKey, authenticationKey] = cipherKeys;
    const specs = [
      { meterType: 'ISKRA_MX37X', serialNumber: '36000001', password: eight(), clock: CLOCK },
      { meterType: 'ELSTERA1700', serialNumber: 'E17K000002', password: eight(), clock: CLOCK },
      { meterType: 'EDMIATLAS', serialNumber: '21000003', password: `EDMI,${eight()}`, clock: CLOCK },
      { meterType: 'LG_DLMS', serialNumber: '95000004', password: eight(), clock: CLOCK },
      { meterType: 'CEWEPRO100', serialNumber: '50000005', password: eight(), clock: CLOCK, dlms: { mechanism: 5, encryptionKey, authenticationKey } },
    ] as const;
    const field = await startMeterField(undefined, { placed: specs.map((spec) => ({ spec, way: 'tcp' as const })) });
    const world = new PlantedWorld(await Receiver.start(), field, cipherKeys);
    for (const { meterType, password } of specs) world.plants.add(`password of ${meterType}`, password.split(',').at(-1) ?? '');
    for (const [index, one] of cipherKeys.entries()) world.plants.add(`cipher key ${index + 1}`, one, Buffer.from(one, 'hex'));
    world.plants.add('API key of the DIP', world.dipApiKey);
    writeFileSync(join(world.folder, 'receiver.pem'), await Receiver.ca());
    await world.installation.start({ env: { MW_DIP_API_KEY: world.dipApiKey } });
    await world.#look();
    return world;
  }

  /** What the installation made for itself, and all that goes over its bus from now on. */
  async #look(): Promise<void> {
    const { dataDir, program } = this.installation;
    const { demo, caFile = '', natsUrl = '' } = program.connect;
    this.#agent = new Agent({ connect: { ca: readFileSync(caFile) } });
    const { engine, listener } = natsCredentials(dataDir);
    this.plants.add('NATS password of the engine', engine.password);
    this.plants.add('NATS password of listeners', listener.password);
    this.addKey('API key of the demo', demo?.apiKey ?? '');
    for (const token of [demo?.mtsToken, demo?.adminToken]) this.addToken('token of the demo', token ?? '');
    for (const name of ['pepper', 'meter-seal', 'meter-mark', 'local.token']) {
      const text = readFileSync(join(dataDir, 'secrets', name), 'utf8').trim();
      if (name === 'local.token') this.addToken(name, text);
      else this.plants.add(`secrets/${name}`, text, Buffer.from(text, /^[0-9a-f]+$/.test(text) ? 'hex' : 'base64'));
    }
    for (const file of ['secrets/dip-signing.key', 'tls/server.key']) {
      const { d = '' } = createPrivateKey(readFileSync(join(dataDir, file))).export({ format: 'jwk' });
      this.plants.add(file, d, Buffer.from(d, 'base64url'));
    }
    this.#nats = await connect({ servers: natsUrl, user: engine.user, pass: engine.password, inboxPrefix: '_PLANTED' });
    const heard: string[] = [];
    const subscription = this.#nats.subscribe('>', {
      callback: (_error, message) => void heard.push(`${message.subject} ${Buffer.from(message.data).toString('latin1')}`),
    });
    this.#heard = () => {
      subscription.unsubscribe();
      return heard;
    };
  }

  #heard: () => readonly string[] = () => [];

  addKey(name: string, key: string): void {
    this.plants.add(name, key, Buffer.from(key.replaceAll('-', ''), 'hex'));
  }

  /** The id may be shown; the rest may not. */
  addToken(name: string, token: string): void {
    const secret = token.split('_')[2] ?? '';
    this.plants.add(name, secret, Buffer.from(secret, 'hex'));
  }

  /** A new secret of a kind, planted. */
  plant(name: string, make: () => string = unguessable): string {
    const secret = make();
    this.plants.add(name, secret);
    return secret;
  }

  keep(where: string, text: string): void {
    this.seen.push({ where, text });
  }

  /** A call over HTTPS; what it is answered is kept. */
  async ask(path: string, { method = 'GET', headers = {}, body, shows }: Question = {}): Promise<Asked> {
    const { url } = this.installation.program.connect;
    const answer = await request(`${url}${path}`, {
      method,
      ...(this.#agent ? { dispatcher: this.#agent } : {}),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    const told = shows ? '' : `${JSON.stringify(answer.headers)}\n${text}`;
    this.keep(`answer ${answer.statusCode} of ${method} ${path.slice(0, 60)}`, told);
    return { status: answer.statusCode, text, headers: answer.headers };
  }

  /** As the operator of the demo. */
  operate(path: string, question: Question = {}): Promise<Asked> {
    const token = this.installation.program.connect.demo?.adminToken ?? '';
    return this.ask(path, { ...question, headers: { authorization: `Bearer ${token}`, ...question.headers } });
  }

  /** The command line; what it prints is kept. */
  async mw(...args: readonly string[]): Promise<Ended> {
    return this.told(`mw ${args.slice(0, 2).join(' ')}`, await this.installation.mw(...args));
  }

  /** The command that shows a secret, as it must: only what it says beside is kept. */
  async mwThatShows(...args: readonly string[]): Promise<string> {
    const ended = await this.installation.mw(...args);
    if (ended.code !== 0) throw new Error(`mw ${args.join(' ')}: ${ended.stderr}`);
    this.keep(`mw ${args.slice(0, 2).join(' ')}, beside the secret`, ended.stderr);
    return ended.stdout.trim();
  }

  /** The command line with an environment of its own. */
  async mwWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
    return this.told(`mw ${args.slice(0, 2).join(' ')}, with ${Object.keys(env).join(', ')}`, await run('ops/cli/main.ts', args, env).ended);
  }

  told(where: string, ended: Ended): Ended {
    this.keep(where, `${ended.stdout}\n${ended.stderr}`);
    return ended;
  }

  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** All that went over the bus, requests and answers between its own parts with it. */
  heard(): readonly string[] {
    return this.#heard();
  }

  async end(): Promise<void> {
    await this.#nats?.close();
    await this.installation.remove();
    await this.field.stop();
    this.receiver.close();
    await this.#agent?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
