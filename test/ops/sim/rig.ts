/** A market on free ports, a supplier that signs, and a receiver of callbacks, for one test. */
import { createHash, createPrivateKey, sign, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { generate } from 'selfsigned';
import { type Market, type Rule, startMarket } from '../../../ops/sim/market/index.ts';

export const SUPX = '2300000012';
export const MPAN = '2000056535971';

const pems = await generate([{ name: 'commonName', value: 'supplier' }], { keySize: 2048, algorithm: 'sha256' });
const key = createPrivateKey(pems.private);
export const certificate = new X509Certificate(pems.cert);
export const thumbprint = createHash('sha256').update(certificate.raw).digest('hex');

const sha = (body: string): string => createHash('sha256').update(body).digest('base64');

/** The four headers, made here and not by the simulator's code. */
export function headersOf(method: string, url: string, body: string, at = Date.now()): Record<string, string> {
  const date = new Date(at).toISOString();
  const hash = sha(body === '' ? '{}' : body);
  const signature = sign('sha256', Buffer.from(`${method};${url.toLowerCase()};${date};${hash}`), key).toString('base64');
  return {
    'X-DIP-Signature': signature,
    'X-DIP-Signature-Date': date,
    'X-DIP-Content-Hash': hash,
    'X-DIP-Signature-Certificate': Buffer.from(pems.cert.replaceAll('\r', '')).toString('base64'),
  };
}

export interface Message {
  readonly CommonBlock: Record<string, Record<string, unknown>>;
  readonly CustomBlock: Record<string, never>;
}
export interface Callback {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly items: { readonly payload: Message }[];
}
export type Reply = { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };

/** Receives callbacks and answers them as `reply` says (201 unless told). */
export class Receiver {
  readonly callbacks: Callback[] = [];
  reply: (callback: Callback, nth: number) => Reply = () => ({ status: 201 });
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8');
        const callback = { path: request.url ?? '', headers: request.headers, body, items: JSON.parse(body) as Callback['items'] };
        const { status, body: text = '{}', headers = {} } = this.reply(callback, this.callbacks.length);
        response.writeHead(status, headers).end(text);
        if (status === 201) this.callbacks.push(callback);
        for (const look of this.#waiting) look();
      });
    });
  }

  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** All messages that were taken, in the order they came. */
  get messages(): Message[] {
    return this.callbacks.flatMap((callback) => callback.items.map((item) => item.payload));
  }

  async until(done: (receiver: Receiver) => boolean): Promise<void> {
    if (done(this)) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!done(this)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  /** Resolves once `count` messages were taken. */
  async received(count: number): Promise<Message[]> {
    await this.until(() => this.messages.length >= count);
    return this.messages;
  }
}

/** Whether a callback's signature fits, by the receiver's own reckoning. */
export function signatureFits(callback: Callback, url: string): boolean {
  const { 'x-dip-signature': signature, 'x-dip-signature-date': date, 'x-dip-content-hash': hash, 'x-dip-signature-certificate': pem } = callback.headers;
  if (hash !== sha(callback.body)) return false;
  const signer = new X509Certificate(Buffer.from(String(pem), 'base64'));
  return verify('sha256', Buffer.from(`POST;${url.toLowerCase()};${date};${hash}`), signer.publicKey, Buffer.from(String(signature), 'base64'));
}

export interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: { readonly messageArray: Record<string, string | null>[] };
}

export class Rig {
  readonly receiver: Receiver;
  readonly dataDir: string;
  readonly options: Record<string, unknown>;
  market: Market;

  constructor(market: Market, receiver: Receiver, dataDir: string, options: Record<string, unknown>) {
    this.market = market;
    this.receiver = receiver;
    this.dataDir = dataDir;
    this.options = options;
  }

  async call(method: string, path: string, body = '', extra: Record<string, string> = {}, at = Date.now()): Promise<Sent> {
    const url = `${this.market.url}${path}`;
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...headersOf(method, url, body, at), ...extra },
      ...(body === '' ? {} : { body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text === '' ? null : JSON.parse(text) };
  }

  /** Posts IF-031 items. */
  send(...items: object[]): Promise<Sent> {
    return this.call('POST', '/dip-channel/IF-031', JSON.stringify(items));
  }

  async control<T = Record<string, never>>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.market.controlUrl}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return (await response.json()) as T;
  }

  rules(...rules: Rule[]): Promise<unknown> {
    return this.control('POST', '/sim/rules', { rules });
  }

  /** Starts the market anew on the same folder, after it was stopped. */
  async begin(): Promise<void> {
    this.market = await startMarket(this.options);
  }

  async restart(): Promise<void> {
    await this.market.stop();
    await this.begin();
  }

  async stop(): Promise<void> {
    await this.market.stop();
    await this.receiver.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** A market without TLS whose answers come at once, and retries soon. */
export async function startRig(given: Record<string, unknown> = {}): Promise<Rig> {
  const dataDir = await mkdtemp(join(tmpdir(), 'mw-market-'));
  const receiver = new Receiver();
  const base = await receiver.start();
  const options = {
    dataDir,
    tls: false,
    trustedThumbprints: [thumbprint],
    callbackBaseUrl: base,
    initialMs: 0,
    outcomeMs: 0,
    activeMs: 0,
    lingerMs: 1,
    retryBaseMs: 5,
    retryCapMs: 20,
    ...given,
  };
  return new Rig(await startMarket(options), receiver, dataDir, options);
}

/** A test with a market of its own. */
export function marketTest(title: string, options: Record<string, unknown>, run: (t: ExecutionContext, rig: Rig) => Promise<void>): void {
  test(title, async (t) => {
    const rig = await startRig(options);
    try {
      await run(t, rig);
    } finally {
      await rig.stop();
    }
  });
}

let counter = 0;

export interface Ask {
  readonly mpan?: string;
  readonly sur?: string;
  readonly scenario?: string;
  readonly effectiveFrom?: string;
  readonly contract?: string | null;
}

/** London midnight of today, the date of a request that no rule of REGS minds. */
export function today(): string {
  const date = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' }).format(new Date());
  const offset = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', timeZoneName: 'longOffset' }).format(new Date(`${date}T00:00:00Z`));
  return `${date}T00:00:00${offset.includes('+01:00') ? '+01:00' : '+00:00'}`;
}

/** An IF-031 item as the specification's example has it. */
export function appointment(ask: Ask = {}): { payload: Message } {
  counter += 1;
  const sur = ask.sur ?? `S-IF-031-${SUPX}-SUP-20260324-${String(counter).padStart(12, '0')}`;
  return {
    payload: {
      CommonBlock: {
        S0: { interfaceID: 'IF-031', schemaVersion: '011', eventCode: '[MSApp]' },
        S1: {
          environmentTag: 'SIT',
          subText: null,
          senderUniqueReference: sur,
          senderTimestamp: '2026-03-24T10:35:00+00:00',
          senderDIPID: SUPX,
          senderRoleID: 'SUP',
          senderCorrelationID: null,
          DIPConnectionProviderID: null,
        },
        M0: { MPANCore: ask.mpan ?? MPAN, distributorDIPID: '2500000033', GSPGroupID: '_H' },
      },
      CustomBlock: {
        B070: {
          proposedMeteringServiceDIPID: '1200000015',
          proposedMeteringServiceMPID: 'MOPX',
          proposedMeteringServiceDIPEffectiveFromDate: ask.effectiveFrom ?? today(),
          contractReferenceMeteringService: ask.contract === undefined ? 'MSA20260330' : ask.contract,
          appointmentScenario: ask.scenario ?? 'CSP',
        } as never,
      },
    },
  };
}

export function surOf(item: { payload: Message }): string {
  return String(item.payload.CommonBlock.S1?.senderUniqueReference);
}

/** `IF-032` and so on, of a message. */
export function interfaceOf(message: Message): string {
  return String(message.CommonBlock.S0?.interfaceID);
}
