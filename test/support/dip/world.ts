/** A DIP channel over a network of lines of code: what it sends is kept, what it hears is what the test says. */
import { Value } from 'typebox/value';
import { DipClient } from '../../../actors/dip/client.ts';
import type { Credentials } from '../../../actors/dip/credentials.ts';
import { type DipOptions, DipOptionsSchema } from '../../../actors/dip/options.ts';
import type { DipHttp, DipReply, DipRequest } from '../../../actors/dip/port.ts';
import type { Effect } from '../../../actors/store/store.ts';
import type { FakeClock } from '../fake-clock.ts';
import { type Pair, signerOf } from './keys.ts';
import { if031, OWN } from './messages.ts';

export type Answerer = (request: DipRequest, surs: readonly string[]) => Partial<DipReply> | Promise<Partial<DipReply>>;

export class FakeHttp implements DipHttp {
  readonly requests: DipRequest[] = [];
  renewed = 0;
  closed = false;
  answer: Answerer;

  constructor(answer: Answerer) {
    this.answer = answer;
  }

  async request(request: DipRequest, signal: AbortSignal): Promise<DipReply> {
    signal.throwIfAborted();
    this.requests.push(request);
    const cut = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut')), { once: true }));
    const reply = await Promise.race([this.answer(request, sursOf(request)), cut]);
    return { status: 200, headers: {}, body: '', ...reply };
  }

  renew(): void {
    this.renewed++;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  get batches(): (readonly string[])[] {
    return this.requests.map(sursOf);
  }
}

export function sursOf(request: DipRequest): readonly string[] {
  const items: unknown = request.body === undefined ? [] : JSON.parse(request.body.toString());
  if (!Array.isArray(items)) return [];
  return items.map(
    (item: ReturnType<typeof if031>) =>
      (item as { payload: { CommonBlock: { S1: { senderUniqueReference: string } } } }).payload.CommonBlock.S1.senderUniqueReference,
  );
}

export interface EntryParts {
  readonly message?: string;
  readonly transactionID?: string | null;
  readonly correlationID?: string | null;
}

export function response(entries: readonly (EntryParts & { readonly sur: string | null })[]): string {
  return JSON.stringify({
    messageArray: entries.map(({ sur, ...entry }) => ({
      transactionID: `T-${sur}`,
      senderUniqueReference: sur,
      correlationID: null,
      sentTimestamp: '2026-03-24T10:35:01+00:00',
      senderID: '00000000000',
      recipientID: OWN.dipId,
      DIPConnectionProviderID: null,
      message: 'MSG0000 - Success',
      help: null,
      serviceTicketURL: null,
      ...entry,
    })),
    timestamp: '2026-03-24T10:35:01+00:00',
  });
}

export const accept: Answerer = (_request, surs) => ({ status: 201, body: response(surs.map((sur) => ({ sur }))) });

/** Defaults of the schema with `change` on top. */
export function dipOptions(change: Record<string, unknown> = {}): DipOptions {
  const given = {
    baseUrl: 'https://dip.example.test',
    environmentTag: 'SIT',
    suppliers: [OWN],
    signingKeyFile: 'none',
    signingCertificateFile: 'none',
    callbackBaseUrl: 'https://us.example.test',
    ...change,
  };
  return Value.Parse(DipOptionsSchema, Value.Default(DipOptionsSchema, given)) as DipOptions;
}

export function clientOf(http: DipHttp, pair: Pair, clock: FakeClock, change: { load?: () => Promise<Credentials>; apiKey?: string } = {}): DipClient {
  const credentials: Credentials = { signer: signerOf(pair), tls: {}, ...(change.apiKey ? { apiKey: change.apiKey } : {}) };
  const options = dipOptions();
  return new DipClient({
    baseUrl: options.baseUrl,
    requestTimeoutMs: options.requestTimeoutMs,
    clock,
    http,
    source: { load: change.load ?? (async () => ({ ...credentials })) },
    credentials,
  });
}

let counter = 0;

/** A `sendDip` effect whose body is an IF-031 with a reference of its own. */
export function effectOf(change: { sur?: string; test?: boolean; supplierDipId?: string; body?: string } = {}): Effect {
  counter++;
  const sur = change.sur ?? `S-IF-031-2300000012-SUP-20260324-${String(counter).padStart(6, '0')}`;
  return {
    key: sur,
    actor: `appointment:${counter}`,
    routingKey: String(counter),
    shard: 0,
    version: 1,
    n: 0,
    channel: 'dip',
    name: sur,
    createdAt: 0,
    data: { interface: 'IF-031', sur, test: change.test ?? false, supplierDipId: change.supplierDipId ?? OWN.dipId },
    body: change.body ?? JSON.stringify(if031(sur)),
  };
}

/** Let the event loop turn until it holds; signatures are made by the thread pool, so no number of turns is certain. */
export async function until(holds: () => boolean, what = 'the condition'): Promise<void> {
  for (let turn = 0; turn < 200_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`${what} never came to hold`);
}
