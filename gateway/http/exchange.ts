/**
 * One request and its answer.
 *
 * Invariants
 * - X1 The response object is let go (`#res` undefined) the moment it ended or was aborted; nothing touches it afterwards.
 * - X2 Every exchange ends: by its answer, by the other side going away, or by its deadline.
 * - X3 What is kept of a body is a copy; the library's buffers die when its callback returns.
 */
import { BodyAbortedError, BodyStream } from './body-stream.ts';
import type { Desk, InHand } from './desk.ts';
import { toFailure } from './failure.ts';
import { type AnyReply, type Headers, type Reply, retryAfter, type StreamReply, statusLine } from './reply.ts';
import type { GatewayRequest, Route } from './route.ts';
import type { UwsRequest, UwsResponse } from './uws.ts';

const NOTHING = new Uint8Array(0);
const NO_HEADERS: Readonly<Record<string, string>> = {};

/** Where and how a request came in. */
export interface ExchangePlace {
  readonly desk: Desk;
  readonly paramCount: number;
  /** The head of the answer only. */
  readonly head: boolean;
  /** Over TLS. */
  readonly secure: boolean;
}

export class Exchange implements GatewayRequest, InHand {
  readonly route: Route;
  readonly params: readonly string[];
  readonly query: string;
  readonly headers: readonly string[];
  readonly allHeaders: Readonly<Record<string, string>>;
  readonly path: string;
  readonly secure: boolean;
  body: Uint8Array = NOTHING;
  chunks: BodyStream | undefined;
  deadline: number;

  #res: UwsResponse | undefined;
  readonly #desk: Desk;
  readonly #head: boolean;
  #bodyBytes = 0;
  #buffered = 0;
  #pieces: Uint8Array[] | undefined;
  #phase: 'body' | 'handler' | 'stream' = 'handler';
  #controller: AbortController | undefined;
  #drained: (() => void) | undefined;

  constructor(res: UwsResponse, req: UwsRequest, route: Route, at: ExchangePlace) {
    this.#res = res;
    this.route = route;
    const { desk, paramCount } = at;
    this.#desk = desk;
    this.#head = at.head;
    this.secure = at.secure;
    this.path = req.getUrl();
    // The library gives undefined, whatever its types say, when there is no `?`.
    this.query = req.getQuery() ?? '';
    const params: string[] = [];
    for (let i = 0; i < paramCount; i += 1) params.push(req.getParameter(i) ?? '');
    this.params = params;
    const headers: string[] = [];
    for (const name of route.headers) headers.push(req.getHeader(name));
    this.headers = headers;
    this.allHeaders = route.allHeaders ? copyHeaders(req) : NO_HEADERS;
    this.deadline = desk.monotonic() + desk.limits.handlerTimeoutMs;
  }

  /** Take the request in hand. Called once, inside the library's callback. */
  begin(): void {
    const res = this.#res;
    if (!res) return;
    this.#desk.enter(this);
    res.onAborted(() => this.#aborted());
    if (this.route.body === 'none') {
      this.#run();
      return;
    }
    if (this.route.body === 'stream') {
      this.chunks = new BodyStream({ pause: () => this.#pause(), resume: () => this.#res?.resume() });
      this.#collect(res);
      this.#run();
      return;
    }
    this.#phase = 'body';
    this.deadline = this.#desk.monotonic() + this.#desk.limits.bodyTimeoutMs;
    this.#collect(res);
  }

  source(): string {
    return this.#res ? Buffer.from(this.#res.getRemoteAddressAsText()).toString('latin1') : '';
  }

  fromLoopback(): boolean {
    return this.#res !== undefined && isLoopback(new Uint8Array(this.#res.getRemoteAddress()));
  }

  signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (!this.#res) this.#controller.abort();
    return this.#controller.signal;
  }

  expire(): void {
    if (this.#phase === 'stream' || (this.chunks && !this.chunks.complete)) this.#res?.close();
    else if (this.#phase === 'body') this.#write(this.route.refuse(408, 'body_timeout', 'The request body did not arrive in time'), true);
    else {
      this.#desk.log.warn({ route: this.route.path }, 'no answer in time');
      const pause = retryAfter(this.#desk.limits.retryAfterSeconds * 1000);
      this.#write(this.route.refuse(503, 'answer_timeout', 'No answer in time; what was asked may still be done', pause), false);
    }
  }

  #collect(res: UwsResponse): void {
    res.onData((chunk, last) => {
      if (!this.#res || (this.#phase !== 'body' && !this.chunks)) return;
      this.#bodyBytes += chunk.byteLength;
      if (this.#bodyBytes > this.route.maxBytes) {
        this.chunks?.abort();
        if (this.#phase === 'stream') this.#res.close();
        else this.#write(this.route.refuse(413, 'body_too_large', `The request body has more than ${this.route.maxBytes} bytes`), true);
        return;
      }
      const piece = Buffer.from(new Uint8Array(chunk));
      if (this.chunks) {
        this.deadline = this.#desk.monotonic() + this.#desk.limits.streamTimeoutMs;
        this.chunks.push(piece, last);
        if (this.chunks.overflowed) this.#res.close();
        return;
      }
      this.#buffered += piece.byteLength;
      this.#desk.bufferedBytes += piece.byteLength;
      if (!last) {
        if (this.#pieces) this.#pieces.push(piece);
        else this.#pieces = [piece];
        return;
      }
      this.body = this.#pieces ? Buffer.concat([...this.#pieces, piece]) : piece;
      this.#pieces = undefined;
      this.#run();
    });
  }

  /** Not while the answer waits to be drained: see `BodyStream`. */
  #pause(): boolean {
    if (!this.#res || this.#drained) return false;
    this.#res.pause();
    return true;
  }

  #run(): void {
    this.#phase = 'handler';
    const wait = this.route.slow ? this.#desk.limits.streamTimeoutMs : this.#desk.limits.handlerTimeoutMs;
    this.deadline = this.#desk.monotonic() + wait;
    try {
      const reply = this.route.handle(this);
      if (reply instanceof Promise) reply.then((later) => this.#answer(later)).catch((error: unknown) => this.#failed(error));
      else this.#answer(reply);
    } catch (error) {
      this.#failed(error);
    }
  }

  #answer(reply: AnyReply): void {
    if ('stream' in reply) this.#stream(reply).catch((error: unknown) => this.#failed(error));
    else this.#write(reply, this.chunks !== undefined && !this.chunks.complete);
  }

  #failed(error: unknown): void {
    if (!this.#res || error instanceof BodyAbortedError) return;
    if (this.#phase === 'stream') {
      this.#desk.log.error({ err: error, route: this.route.path }, 'a streamed answer broke off');
      this.#res.close();
      return;
    }
    const failure = toFailure(error);
    if (failure) {
      this.#write(this.route.refuse(failure.status, failure.code, failure.text, failure.headers), false);
      return;
    }
    this.#desk.log.error({ err: error, route: this.route.path }, 'a handler threw');
    this.#write(this.route.refuse(500, 'internal', 'Internal error'), false);
  }

  #write(reply: Reply, close: boolean): void {
    const res = this.#res;
    if (!res) return;
    this.chunks?.release();
    this.#res = undefined;
    res.cork(() => {
      writeHead(res, reply.status, reply.headers);
      if (this.#head) res.endWithoutBody(Buffer.byteLength(reply.body), close || this.#desk.closes);
      else res.end(reply.body, close || this.#desk.closes);
    });
    this.#over();
  }

  /** The first piece is made before the status line is written, so what fails at once still gets a proper answer. */
  async #stream(reply: StreamReply): Promise<void> {
    const pieces = reply.stream[Symbol.asyncIterator]();
    let piece = await pieces.next();
    if (!this.#res) {
      await pieces.return?.();
      return;
    }
    this.#phase = 'stream';
    const res = this.#res;
    res.onWritable(() => {
      this.#drained?.();
      return true;
    });
    res.cork(() => writeHead(res, reply.status, reply.headers));
    while (!piece.done && this.#res) {
      this.deadline = this.#desk.monotonic() + this.#desk.limits.streamTimeoutMs;
      let taken = true;
      const text = piece.value;
      if (text !== '' && !this.#head) {
        res.cork(() => {
          taken = res.write(text);
        });
      }
      if (!taken && this.#res) {
        await new Promise<void>((resolve) => {
          this.#drained = resolve;
        });
        this.#drained = undefined;
      }
      if (!this.#res) break;
      piece = await pieces.next();
    }
    if (!this.#res) {
      await pieces.return?.();
      return;
    }
    this.chunks?.release();
    this.#res = undefined;
    // Not asked to close: the library would write that header now, into the body. What is left of an upload is passed over.
    res.cork(() => res.end());
    this.#over();
  }

  #aborted(): void {
    if (!this.#res) return;
    this.#res = undefined;
    this.#over();
  }

  #over(): void {
    this.#desk.bufferedBytes -= this.#buffered;
    this.#buffered = 0;
    this.#desk.leave(this);
    this.chunks?.abort();
    this.#controller?.abort();
    this.#drained?.();
  }
}

function writeHead(res: UwsResponse, status: number, headers: Headers | undefined): void {
  res.writeStatus(statusLine(status));
  if (headers) for (const [name, value] of headers) res.writeHeader(name, value);
}

function copyHeaders(req: UwsRequest): Record<string, string> {
  const all: Record<string, string> = Object.create(null);
  req.forEach((name, value) => {
    all[name] = all[name] === undefined ? value : `${all[name]}, ${value}`;
  });
  return all;
}

/** 127.0.0.0/8, ::1, and the former mapped into IPv6. */
function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  if (address.length !== 16) return false;
  const zeros = address.subarray(0, 10).every((byte) => byte === 0);
  if (!zeros) return false;
  if (address[10] === 255 && address[11] === 255) return address[12] === 127;
  return address.subarray(10, 15).every((byte) => byte === 0) && address[15] === 1;
}
