/** Which IP addresses and ports may be reached (meter-protocols 3.1). */
import { BlockList, isIP, SocketAddress } from 'node:net';
import { MeterwrightError } from '../errors/error.ts';
import { canonicalIp, familyOf } from './ip.ts';

export interface NetworkRuleOptions {
  /** `CIDR`, or `CIDR ports` with ports as `4059` or `2000-2999,4059`. Exceptions from what is denied of itself. */
  readonly allow: readonly string[];
  /** As `allow`; stands above it. */
  readonly deny: readonly string[];
  /** What neither list nor built-in rule names. */
  readonly others: 'allowed' | 'denied';
}

export interface NetworkRuleGround {
  /** Networks that are refused unless `allow` names them. Default: this host, this link, groups, and addresses that name nobody. */
  readonly denied?: readonly string[];
  /** Where the rules stand in the settings, for errors. */
  readonly section?: string;
}

/** What the host itself is: looked up when it matters, since it changes. */
export interface OwnPlace {
  /** Ports that we listen on. */
  ports(): readonly number[];
  /** IP addresses of this host besides loopback. */
  addresses(): readonly string[];
}

interface Rule {
  readonly networks: BlockList;
  /** Ranges, both ends included; undefined: all ports. */
  readonly ports: readonly (readonly [number, number])[] | undefined;
}

/** Nothing outside: this host, this link, groups, and addresses that name nobody. */
const DENIED_OF_THEMSELVES = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32', '::/96', 'fe80::/10', 'ff00::/8'];

const RULE = /^(\S+)\/(\d{1,3})(?: +(\d[\d,-]*))?$/;

/**
 * Judges a resolved address. In this order: `deny` refuses, `allow` allows, what is denied of itself is refused, `others` decides the rest.
 * A rule without ports does not open our own ports: an exception for those has to name them.
 *
 * @throws MeterwrightError `config_invalid` when a rule cannot be read
 */
export function createNetworkRules(
  options: NetworkRuleOptions,
  own: OwnPlace,
  { denied = DENIED_OF_THEMSELVES, section = 'links.tcp' }: NetworkRuleGround = {},
): (ip: string, port: number) => boolean {
  const allow = options.allow.map((text) => parseRule(text, `${section}.allow`));
  const deny = options.deny.map((text) => parseRule(text, `${section}.deny`));
  const here = DENIED_OF_THEMSELVES.map((text) => parseRule(text, section));
  const itself = denied === DENIED_OF_THEMSELVES ? here : denied.map((text) => parseRule(text, section));
  return (text, port) => {
    const ip = canonicalIp(text);
    if (ip === undefined) return false;
    // Made once for all rules: each would make its own of a text.
    const place = new SocketAddress({ address: ip, family: familyOf(ip), port });
    if (deny.some((rule) => covers(rule, place))) return false;
    const loops = itself.some((rule) => covers(rule, place));
    const ours = own.ports().includes(port) && (here.some((rule) => covers(rule, place)) || own.addresses().some((address) => canonicalIp(address) === ip));
    if (allow.some((rule) => (!ours || rule.ports !== undefined) && covers(rule, place))) return true;
    return !ours && !loops && options.others === 'allowed';
  };
}

function covers(rule: Rule, place: SocketAddress): boolean {
  const inPorts = rule.ports === undefined || rule.ports.some(([from, to]) => place.port >= from && place.port <= to);
  return inPorts && rule.networks.check(place);
}

function parseRule(text: string, setting: string): Rule {
  const refuse = (rule: string) => new MeterwrightError('config_invalid', `${setting}: ${rule}, value ${JSON.stringify(text)}`);
  const [, address = '', bitsText = '', portsText] = RULE.exec(text) ?? [];
  const ip = isIP(address) === 0 ? undefined : canonicalIp(address);
  const bits = Number(bitsText);
  if (ip === undefined || bitsText === '' || bits > (familyOf(ip) === 'ipv4' ? 32 : 128))
    throw refuse('must be a network such as 10.0.0.0/8, ports behind a blank');
  const ports = portsText?.split(',').map((range) => {
    const [from = Number.NaN, to = from] = range.split('-').map(Number);
    if (!(from >= 1 && to >= from && to <= 65_535) || range.split('-').length > 2) throw refuse('ports must be 1 to 65535, such as 4059 or 2000-2999,4059');
    return [from, to] as const;
  });
  const networks = new BlockList();
  networks.addSubnet(ip, bits, familyOf(ip));
  return { networks, ports };
}
