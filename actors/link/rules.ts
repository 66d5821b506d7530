/**
 * What may be reached, asked twice: when a request comes in, on what it says, and when the link is opened, on every address that
 * its name stands for by then.
 */
import { networkInterfaces } from 'node:os';
import { ADDRESS_NOT_ALLOWED, type AddressRefusal, parseRemoteAddress, type RemoteAddress } from './address.ts';
import { canonicalIp } from './ip.ts';
import { createNetworkRules, type OwnPlace } from './network-rules.ts';
import { createNumberRules, type NumberRuleOptions } from './number-rules.ts';
import type { LinksOptions } from './options.ts';

export interface AddressRules {
  /** Reads what a caller wrote and judges it; a name is judged by its looks only. */
  parse(text: string): RemoteAddress | AddressRefusal;
  /** May it be reached, as far as it can be told without a resolver? */
  allows(address: RemoteAddress): boolean;
  /** May this resolved address be reached? */
  allowsIp(ip: string, port: number): boolean;
}

export interface AddressRulesSetup {
  readonly links: LinksOptions;
  /** Section `lines`. */
  readonly lines: NumberRuleOptions;
  /** Ports that this process listens on. */
  readonly ownPorts?: () => readonly number[];
}

const NOT_ALLOWED: AddressRefusal = { kind: 'refused', error: ADDRESS_NOT_ALLOWED };
const NO_PORTS: readonly number[] = [];

/** @throws MeterwrightError `config_invalid` when a rule of the settings cannot be read */
export function createAddressRules({ links, lines, ownPorts = () => NO_PORTS }: AddressRulesSetup): AddressRules {
  const own: OwnPlace = { ports: ownPorts, addresses: hostAddresses };
  const allowsIp = createNetworkRules(links.tcp, own);
  const allowsNumber = createNumberRules(lines, links);
  const hosts = hostTable(links.tcp.hosts);

  const allows = (address: RemoteAddress): boolean => {
    if (address.kind === 'telephone') return allowsNumber(address.dial);
    if (address.kind === 'paknet') return true;
    const known = canonicalIp(address.host) === undefined ? fixedAddresses(address.host, hosts) : [address.host];
    return known === undefined || known.some((ip) => allowsIp(ip, address.port));
  };
  return {
    parse(text) {
      const address = parseRemoteAddress(text, links);
      return address.kind === 'refused' || allows(address) ? address : NOT_ALLOWED;
    },
    allows,
    allowsIp,
  };
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/** Addresses of a name that no name server is asked for: `localhost`, and names of the settings. */
export function fixedAddresses(name: string, hosts: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  return hosts.get(name) ?? (name === 'localhost' || name.endsWith('.localhost') ? LOOPBACK : undefined);
}

/** The names of the settings in lower case. */
export function hostTable(hosts: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(hosts).map(([name, addresses]) => [name.toLowerCase(), addresses]));
}

/** IP addresses of this host. */
export function hostAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address.replace(/%.*$/, '')));
}
