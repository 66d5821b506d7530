/** HTTPS or not (mts-actions-api 1): TLS that ends here, or the word of a proxy that is trusted. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { MeterwrightError } from '../../actors/errors/error.ts';

/** Did the caller speak HTTPS? `forwardedProto` is the `X-Forwarded-Proto` header, empty where there is none. */
export type SecureCheck = (secure: boolean, source: string, forwardedProto: string) => boolean;

/** @throws MeterwrightError `config_invalid` for an entry that is no address and no network */
export function compileSecureCheck(trustedProxies: readonly string[]): SecureCheck {
  const trusted = new BlockList();
  for (const entry of trustedProxies) addEntry(trusted, entry);
  return (secure, source, forwardedProto) => {
    // Of several the last was put there by the proxy that called us; a proxy's word counts over TLS too.
    const told = forwardedProto.split(',').at(-1)?.trim().toLowerCase() ?? '';
    return told !== '' && isTrusted(trusted, source) ? told === 'https' : secure;
  };
}

function isTrusted(trusted: BlockList, source: string): boolean {
  if (isIP(source) === 0) return false;
  return trusted.check(source, isIPv4(source) ? 'ipv4' : 'ipv6');
}

function addEntry(trusted: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/');
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const longest = family === 'ipv4' ? 32 : 128;
  if (isIP(address) === 0 || Number(bits ?? 0) > longest)
    throw new MeterwrightError('config_invalid', `mts.trustedProxies: must be addresses or networks such as 10.0.0.0/8, value ${JSON.stringify(entry)}`);
  if (bits === undefined) trusted.addAddress(address, family);
  else trusted.addSubnet(address, Number(bits), family);
}
