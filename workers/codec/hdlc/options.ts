import { DEFAULT_LIMITS } from '../common/index.ts';
import { clientAddress, type HdlcAddress, serverAddress } from './address.ts';
import { MAX_FRAME_LENGTH } from './frame.ts';
import { DEFAULT_LINK_PARAMETERS, type LinkParameters, type ParameterWidths } from './parameters.ts';

/** What client and server links are told. Every member may be left out. */
export interface HdlcLinkOptions {
  /** Of the server, with its size on the wire. Default `serverAddress(1)`, the management device in one octet. */
  readonly server?: HdlcAddress;
  /** What this side proposes or allows, seen from this side. Default 128 octets and windows of 1; windows 1 to 7. */
  readonly parameters?: Partial<LinkParameters>;
  /** Octets of the values in SNRM or UA. */
  readonly widths?: ParameterWidths;
  /** Cuts own segments to so many octets though more are agreed. Default: what is agreed. */
  readonly segmentOctets?: number;
  /** Silence, in milliseconds, after which a frame that has begun is given up. Default 2,000 (modem and TCP); 25 on a direct serial line. */
  readonly interOctetMs?: number;
  /** Octets between flags that are taken. Default 2047. */
  readonly maxFrame?: number;
  /** Octets of a whole message out of segments. Default 4 MiB. */
  readonly maxMessage?: number;
}

export interface HdlcClientOptions extends HdlcLinkOptions {
  /** Address of the client. Default 16, public. */
  readonly client?: number;
  /** Does SNRM carry the parameters? `auto`: only those that are not the defaults make it so. Default `auto`. */
  readonly sendParameters?: 'auto' | 'always';
  /** Wait for an answer. Default 10,000 (mobile links 5,000 to 10,000). */
  readonly responseTimeoutMs?: number;
  /** How often something is sent again before the link is given up. Default 5. */
  readonly retries?: number;
  /** Pause before a busy server, or one that has no answer yet, is polled. Default 500. */
  readonly pollIntervalMs?: number;
  /** How long such a server is polled. Default 60,000. */
  readonly busyTimeoutMs?: number;
}

export interface HdlcServerOptions extends HdlcLinkOptions {
  /** Clients that may connect; others get DM. Default all. */
  readonly clients?: readonly number[];
  /** Silence after which the link is given up. Default 120,000. */
  readonly inactivityMs?: number;
  /** Does the UA to a DISC carry the parameters, as some meters do? Default false. */
  readonly discParameters?: boolean;
}

/** Options with nothing left out. */
export interface CompleteLinkOptions extends Required<Omit<HdlcLinkOptions, 'parameters' | 'segmentOctets'>> {
  readonly parameters: LinkParameters;
  readonly segmentOctets: number;
}

export interface CompleteClientOptions extends CompleteLinkOptions, Required<Pick<HdlcClientOptions, 'sendParameters' | 'responseTimeoutMs' | 'retries'>> {
  readonly client: HdlcAddress;
  readonly pollIntervalMs: number;
  readonly busyTimeoutMs: number;
}

export interface CompleteServerOptions extends CompleteLinkOptions {
  readonly clients: readonly number[] | undefined;
  readonly inactivityMs: number;
  readonly discParameters: boolean;
}

function completeLink(options: HdlcLinkOptions): CompleteLinkOptions {
  return {
    server: options.server ?? serverAddress(1),
    parameters: { ...DEFAULT_LINK_PARAMETERS, ...options.parameters },
    widths: options.widths ?? {},
    segmentOctets: options.segmentOctets ?? MAX_FRAME_LENGTH,
    interOctetMs: options.interOctetMs ?? 2_000,
    maxFrame: options.maxFrame ?? MAX_FRAME_LENGTH,
    maxMessage: options.maxMessage ?? DEFAULT_LIMITS.maxOctets,
  };
}

export function completeClientOptions(options: HdlcClientOptions = {}): CompleteClientOptions {
  return {
    ...completeLink(options),
    client: clientAddress(options.client ?? 16),
    sendParameters: options.sendParameters ?? 'auto',
    responseTimeoutMs: options.responseTimeoutMs ?? 10_000,
    retries: options.retries ?? 5,
    pollIntervalMs: options.pollIntervalMs ?? 500,
    busyTimeoutMs: options.busyTimeoutMs ?? 60_000,
  };
}

export function completeServerOptions(options: HdlcServerOptions = {}): CompleteServerOptions {
  return {
    ...completeLink(options),
    clients: options.clients,
    inactivityMs: options.inactivityMs ?? 120_000,
    discParameters: options.discParameters ?? false,
  };
}
