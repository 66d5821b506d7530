import type { Encoded } from '../common/index.ts';
import type { HdlcAddress } from './address.ts';
import { overhead } from './encode.ts';
import { MAX_FRAME_LENGTH } from './frame.ts';
import type { CompleteClientOptions, CompleteLinkOptions } from './options.ts';
import { DEFAULT_LINK_PARAMETERS, encodeLinkParameters, type LinkParameters } from './parameters.ts';

/** What one side may send and must take after SNRM and UA. */
export interface Agreement {
  /** Octets of information in a frame that is sent. */
  readonly sendOctets: number;
  /** Frames that are sent before an acknowledgement. */
  readonly sendWindow: number;
  /** A client lets longer frames pass, a server rejects them. */
  readonly takeOctets: number;
  readonly takeWindow: number;
}

const between = (least: number, value: number, most: number): number => Math.max(least, Math.min(value, most));

/**
 * What the other side transmits limits what this side receives, and the reverse. A meter that names 0, or more than a frame or
 * the numbers modulo 8 can hold, is taken for the nearest that works.
 */
export function agree(own: CompleteLinkOptions, peer: LinkParameters, destination: HdlcAddress, source: HdlcAddress): Agreement {
  const { parameters } = own;
  const room = MAX_FRAME_LENGTH - overhead(destination, source) - 2;
  const sendOctets = between(1, Math.min(parameters.maxInfoTransmit, peer.maxInfoReceive, own.segmentOctets), room);
  return {
    sendOctets,
    sendWindow: between(1, Math.min(parameters.windowTransmit, peer.windowReceive), 7),
    takeOctets: between(1, Math.min(parameters.maxInfoReceive, peer.maxInfoTransmit), room),
    takeWindow: between(1, Math.min(parameters.windowReceive, peer.windowTransmit), 7),
  };
}

/** What a server answers with: its own parameters, cut to what the client takes and sends. */
export function answerParameters(own: LinkParameters, peer: LinkParameters): LinkParameters {
  return {
    maxInfoTransmit: Math.min(own.maxInfoTransmit, peer.maxInfoReceive),
    maxInfoReceive: Math.min(own.maxInfoReceive, peer.maxInfoTransmit),
    windowTransmit: Math.min(own.windowTransmit, peer.windowReceive),
    windowReceive: Math.min(own.windowReceive, peer.windowTransmit),
  };
}

/** What SNRM carries; undefined where the defaults go without saying. */
export function snrmInformation({ parameters, sendParameters, widths }: CompleteClientOptions): Encoded | undefined {
  const names = Object.keys(DEFAULT_LINK_PARAMETERS) as (keyof LinkParameters)[];
  const plain = names.every((name) => parameters[name] === DEFAULT_LINK_PARAMETERS[name]);
  return plain && sendParameters === 'auto' ? undefined : encodeLinkParameters(parameters, widths);
}
