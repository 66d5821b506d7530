import type { Clock } from '../engine/ports.ts';
import type { RemoteAddress } from './address.ts';
import { type Link, LinkError, type LinkOpener, type LinkRequest } from './link.ts';
import type { LinksOptions } from './options.ts';
import { createNameResolver } from './resolver.ts';
import { type AddressRules, hostTable } from './rules.ts';
import { openTcpLink } from './tcp-open.ts';
import { TracedLink } from './traced-link.ts';

/** A request for what only a line reaches. */
export interface LineRequest extends LinkRequest {
  readonly address: Exclude<RemoteAddress, { readonly kind: 'tcp' }>;
}

/** Modem lines and PAKNET pads. Soft parity is theirs: they alone know whether the port carries seven bits or eight. */
export interface LineOpener {
  /** @throws LinkError */
  open(request: LineRequest, signal: AbortSignal): Promise<Link>;
}

export interface LinkOpenerSetup {
  readonly clock: Clock;
  readonly options: LinksOptions;
  readonly rules: AddressRules;
  /** Without them telephone numbers end in `no_line`. */
  readonly lines?: LineOpener;
}

/** Opens a link by the kind of its address. What may be reached is asked again here: settings and names change between request and session. */
export function createLinkOpener({ clock, options, rules, lines }: LinkOpenerSetup): LinkOpener {
  const resolver = createNameResolver({ clock, options: options.dns, hosts: hostTable(options.tcp.hosts) });
  const tcp = { clock, resolver, rules, options: options.tcp };

  const openAny = (request: LinkRequest, signal: AbortSignal): Promise<Link> => {
    const { address } = request;
    if (address.kind === 'tcp') return openTcpLink(address, request.connectTimeoutMs, tcp, signal);
    if (lines === undefined) throw new LinkError('no_line', 'no modem line is configured');
    return lines.open({ ...request, address }, signal);
  };

  return {
    async open(request, signal) {
      if (signal.aborted) throw new LinkError('aborted', 'opening was stopped');
      if (!rules.allows(request.address)) throw new LinkError('not_allowed', 'the remote address is not allowed');
      const link = await openAny(request, signal);
      return request.trace === undefined ? link : new TracedLink(link, request.trace, clock);
    },
  };
}
