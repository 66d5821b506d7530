/** The DIP's own HTTP face: who may come in, faults, and the routes of appointments 2. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { type Callbacks, parseWebhook } from './callbacks.ts';
import { type Fault, Faults } from './faults.ts';
import { listen, readBody, sendJson, unlisten } from './http.ts';
import type { TlsIdentity } from './identity.ts';
import { type Intake, validateMessages } from './intake.ts';
import type { SimOptions } from './options.ts';
import { type PastFilter, parsePastFilter, type Recovery } from './recovery.ts';
import { certificateThumbprint, type Verifier } from './signature.ts';
import { arrayItems } from './slices.ts';
import { renderRefusal, renderStandardResponse, SCHEMA_FAILURE, SUCCESS } from './standard-response.ts';
import { type Counters, count } from './stats.ts';

export interface DipParts {
  readonly options: SimOptions;
  readonly tls: TlsIdentity | null;
  readonly verifier: Verifier;
  readonly intake: Intake;
  readonly recovery: Recovery;
  readonly callbacks: Callbacks;
  readonly counters: Counters;
  readonly mpidOf: (dipId: string) => string;
}

type Answer = { readonly route: string; readonly status: number; readonly body: string | null; readonly headers?: Record<string, string> };
type Call = {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly token: string | undefined;
  readonly now: number;
};

const RECIPIENT = '0000000000';

export class DipServer {
  readonly faults: Faults;
  readonly #parts: DipParts;
  readonly #server: Server;
  #port = 0;

  constructor(parts: DipParts) {
    this.#parts = parts;
    const handler = (request: IncomingMessage, response: ServerResponse): void => {
      this.#handle(request, response).catch(() => response.destroy());
    };
    const { tls, options } = parts;
    this.#server =
      tls === null
        ? createServer(handler)
        : createTlsServer({ key: tls.key, cert: tls.certificate, requestCert: options.requireClientCertificate, rejectUnauthorized: false }, handler);
    this.#server.keepAliveTimeout = 60_000;
    this.faults = new Faults((fault) => this.#applyFault(fault));
  }

  async start(): Promise<string> {
    const { host, port, tls } = this.#parts.options;
    this.#port = await listen(this.#server, host, port);
    return `${tls ? 'https' : 'http'}://${host === '0.0.0.0' ? 'localhost' : host}:${this.#port}`;
  }

  async stop(): Promise<void> {
    this.faults.stop();
    await unlisten(this.#server);
  }

  async #applyFault(fault: Fault): Promise<void> {
    if (fault.mode === 'refuse') await unlisten(this.#server);
    else if (!this.#server.listening) await listen(this.#server, this.#parts.options.host, this.#port);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { options, counters } = this.#parts;
    const body = await readBody(request, options.maxBodyBytes);
    const fault = this.faults.strike();
    if (fault !== null && this.#spoil(fault, body, response)) return;
    if (fault?.mode === 'slow') {
      this.faults.used();
      count(counters.faults, 'slow');
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs ?? 1000));
    }
    const answer = body === null ? { route: 'any', status: 413, body: null } : this.#answer(request, body);
    count(counters.requests, `${request.method} ${answer.route} ${answer.status}`);
    if (fault?.mode === 'drop') {
      this.faults.used();
      count(counters.faults, 'drop');
      response.destroy();
      return;
    }
    sendJson(response, answer.status, answer.body, answer.headers);
  }

  /** Answers in the place of the DIP when the fault says so. */
  #spoil(fault: Fault, body: Buffer | null, response: ServerResponse): boolean {
    if (fault.mode !== 'status') return false;
    if (fault.maxItems !== undefined && (body === null || countItems(body) <= fault.maxItems)) return false;
    const status = fault.maxItems === undefined ? (fault.status ?? 503) : 413;
    this.faults.used();
    count(this.#parts.counters.faults, String(status));
    sendJson(response, status, null, fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) });
    return true;
  }

  #answer(request: IncomingMessage, body: Buffer): Answer {
    const { options, verifier, counters } = this.#parts;
    const now = Date.now();
    const target = request.url ?? '/';
    const scheme = options.tls ? 'https' : 'http';
    const url = `${options.publicUrl ?? `${scheme}://${request.headers.host ?? ''}`}${target}`;
    const [pathname = '/', search = ''] = target.split('?', 2);
    const path = pathname.split('/').slice(1).map(decode);
    const method = request.method ?? 'GET';
    if (path[0] === 'validate') return { route: '/validate', ...validateMessages(body, path[1] ?? '', path[2] ?? '') };
    if (options.requireClientCertificate && !this.#clientAllowed(request)) return { route: 'any', status: 403, body: null };
    if (options.apiKey !== undefined && request.headers['x-api-key'] !== options.apiKey) return { route: 'any', status: 401, body: null };
    const verdict = verifier.check(method, url, request.headers, body, now);
    if (!verdict.ok) {
      count(counters.signatures, verdict.rule);
      return { route: 'any', status: 401, body: renderRefusal(`MSG1003 - ${verdict.detail}`, null, RECIPIENT, now) };
    }
    const token = request.headers['x-continuation-token'];
    return this.#route({ method, path, query: new URLSearchParams(search), body, token: typeof token === 'string' ? token : undefined, now });
  }

  #clientAllowed(request: IncomingMessage): boolean {
    const certificate = (request.socket as TLSSocket).getPeerX509Certificate?.();
    if (certificate === undefined) return false;
    const { clientThumbprints } = this.#parts.options;
    return clientThumbprints.length === 0 || clientThumbprints.includes(certificateThumbprint(certificate));
  }

  #route(call: Call): Answer {
    const [area, first, second, third, fourth] = call.path;
    if (area === 'dip-channel' && first !== undefined) {
      if (second === undefined) return this.#submit(call, first);
      if (third !== undefined) return this.#channelRoute(call, first, second, third, fourth);
    }
    if (area === 'statusmessage') return this.#statusRoute(call, first, second);
    return { route: 'unknown', status: 404, body: null };
  }

  #submit(call: Call, channel: string): Answer {
    const route = `/dip-channel/${channel}`;
    if (call.method !== 'POST') return { route, status: 405, body: null };
    if (channel.toUpperCase() !== 'IF-031') return { route, status: 404, body: null };
    if (call.body.length > 0 && countItems(call.body) > this.#parts.options.maxItems) return { route, status: 413, body: null };
    return { route, ...this.#parts.intake.receive(call.body, call.now) };
  }

  #channelRoute(call: Call, channel: string, action: string, recipient: string, sur: string | undefined): Answer {
    const route = `/dip-channel/${channel}/${action}`;
    switch (`${call.method} ${action}`) {
      case 'POST pubconfig':
      case 'DELETE pubconfig':
        return this.#configure(call, route, channel, recipient);
      case 'POST replay':
        return this.#replay(call, route, channel, recipient);
      case 'POST requeue':
        return this.#requeue(call, route, channel, recipient);
      case 'GET requeueStatus':
        return this.#requeueStatus(call, route, channel, recipient);
      case 'GET deliveryStatus': {
        const record = sur === undefined ? null : this.#parts.recovery.deliveryStatus(channel, sur);
        return record === null ? { route, status: 204, body: null } : { route, status: 200, body: JSON.stringify(record) };
      }
      default:
        return { route, status: 404, body: null };
    }
  }

  #statusRoute(call: Call, action: string | undefined, recipient: string | undefined): Answer {
    const route = action === undefined ? '/statusmessage' : `/statusmessage/${action}`;
    if (action === undefined && call.method === 'POST') {
      this.#parts.counters.statusMessagesReceived += 1;
      return {
        route,
        status: 201,
        body: renderStandardResponse([{ transaction: null, sur: null, correlation: null, message: SUCCESS, help: null }], RECIPIENT, call.now),
      };
    }
    if (recipient === undefined) return { route, status: 404, body: null };
    if (action === 'config' && (call.method === 'POST' || call.method === 'DELETE')) return this.#configure(call, route, 'status', recipient);
    if (action === 'replay' && call.method === 'POST') return this.#replay(call, route, 'status', recipient);
    if (action === 'requeue' && call.method === 'POST') return this.#requeue(call, route, 'status', recipient);
    if (action === 'requeueStatus' && call.method === 'GET') return this.#requeueStatus(call, route, 'status', recipient);
    return { route, status: 404, body: null };
  }

  #configure(call: Call, route: string, channel: string, recipient: string): Answer {
    if (call.method === 'DELETE') {
      this.#parts.callbacks.remove(channel, recipient);
      return { route, status: 204, body: null };
    }
    const webhook = parseWebhook(parseJson(call.body));
    if ('error' in webhook) return this.#bad(route, webhook.error, recipient, call.now);
    this.#parts.callbacks.register(channel, recipient, webhook.url);
    return { route, status: 201, body: null };
  }

  #replay(call: Call, route: string, channel: string, recipient: string): Answer {
    const filter = this.#filter(call, route, recipient);
    if ('status' in filter) return filter;
    const { messages, token } = this.#parts.recovery.replay(channel, recipient, filter, call.token, call.now, this.#parts.mpidOf);
    const body = `[${messages.join(',')}]`;
    return token === null ? { route, status: 200, body } : { route, status: 206, body, headers: { 'x-continuation-token': token } };
  }

  #requeue(call: Call, route: string, channel: string, recipient: string): Answer {
    const filter = this.#filter(call, route, recipient);
    if ('status' in filter) return filter;
    const started = this.#parts.recovery.requeue(channel, recipient, filter, call.now);
    return started === null
      ? { route, status: 429, body: null, headers: { 'retry-after': '1' } }
      : { route, status: 202, body: JSON.stringify({ requeueId: started.id }) };
  }

  #requeueStatus(call: Call, route: string, channel: string, recipient: string): Answer {
    const status = this.#parts.recovery.requeueStatus(channel, recipient, call.query.get('requeue-id'));
    return status === null ? { route, status: 204, body: null } : { route, status: 200, body: JSON.stringify(status) };
  }

  #filter(call: Call, route: string, recipient: string): PastFilter | Answer {
    const filter = parsePastFilter(parseJson(call.body));
    return 'error' in filter ? this.#bad(route, filter.error, recipient, call.now) : filter;
  }

  #bad(route: string, rule: string, recipient: string, now: number): Answer {
    return { route, status: 400, body: renderRefusal(SCHEMA_FAILURE, rule, recipient, now) };
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

/** Elements of the posted array; 0 when it is none, which the reader will refuse. */
function countItems(body: Buffer): number {
  return body[0] === 0x5b ? arrayItems(body).length : 0;
}
