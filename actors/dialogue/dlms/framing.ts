/** HDLC or the wrapper (meter-protocols 3.4): by the kind of link, the profile, and the port. */
import type { Link } from '../../link/link.ts';
import type { DlmsOptions } from './station.ts';

export type Framing = 'hdlc' | 'wrapper';

export interface FramingChoice {
  readonly framing: Framing;
  /** The wrapper may be tried when HDLC has no answer to its sign-on: nothing of a log-in has been said by then. */
  readonly mayChange: boolean;
}

/** @param canonicalAddress `tcp:host:port` tells the port; without one `auto` begins with HDLC */
export function framingOf(dlms: DlmsOptions, kind: Link['kind'], canonicalAddress: string): FramingChoice {
  if (kind !== 'tcp') return { framing: 'hdlc', mayChange: false };
  if (dlms.framing !== 'auto') return { framing: dlms.framing, mayChange: false };
  const port = Number(/:(\d{1,5})$/.exec(canonicalAddress)?.[1] ?? Number.NaN);
  return dlms.wrapperPorts.includes(port) ? { framing: 'wrapper', mayChange: false } : { framing: 'hdlc', mayChange: true };
}
