/** The DIP's callbacks (appointments 2.4). Everything about them is decided by the receiver; here they only come in. */
import type { InboundAnswer, InboundRequest } from '../../actors/dip/index.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import { type AnyReply, detail, type GatewayRequest, type Headers, JSON_HEADERS, type Route } from '../http/index.ts';

/** The part of the receiver that is needed here. */
export interface DipReceiverFace {
  receive(request: InboundRequest): Promise<InboundAnswer>;
}

export interface DipDeps {
  readonly receiver: DipReceiverFace;
  readonly maxDipBodyBytes: number;
  readonly clock: Clock;
}

export function dipRoutes(deps: DipDeps): readonly Route[] {
  const receive = async (request: GatewayRequest, name: string): Promise<AnyReply> => {
    const { body: bytes } = request;
    const url = `${request.path}${request.query === '' ? '' : `?${request.query}`}`;
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const reply = await deps.receiver.receive({ method: 'POST', interface: name, url, headers: request.allHeaders, body, receivedAt: deps.clock.now() });
    const headers: Headers = reply.headers
      ? [...JSON_HEADERS, ...Object.entries(reply.headers).filter(([header]) => header.toLowerCase() !== 'content-type')]
      : JSON_HEADERS;
    return { status: reply.status, body: reply.body, headers };
  };
  const common = {
    method: 'POST',
    headers: [],
    allHeaders: true,
    body: 'whole',
    maxBytes: deps.maxDipBodyBytes,
    refuse: (status: number, _code: string, text: string, headers?: Headers) => detail(status, text, headers),
  } as const;
  return [
    { ...common, path: '/dip/inbound/status', handle: (request) => receive(request, 'status') },
    { ...common, path: '/dip/inbound/:interface', handle: (request) => receive(request, request.params[0] ?? '') },
  ];
}
