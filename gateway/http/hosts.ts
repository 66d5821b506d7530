/** The `Host` check (interfaces, section 4): it keeps foreign web pages from reaching a loopback service by a name of their own. */

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Whether the name part of a `Host` header is one of ours. */
export type HostCheck = (header: string) => boolean;

/** The name of a `Host` header without its port, in lower case; `[::1]` keeps its brackets. */
export function hostName(header: string): string {
  const name = header.startsWith('[') ? header.slice(0, header.indexOf(']') + 1) : header.split(':', 1)[0];
  return (name ?? '').toLowerCase();
}

/** Compile the check. An IPv6 address may be given with or without brackets. */
export function compileHostCheck(names: readonly string[]): HostCheck {
  const allowed = new Set([...LOOPBACK_NAMES, ...names].map((name) => (name.includes(':') && !name.startsWith('[') ? `[${name}]` : name).toLowerCase()));
  // Headers seen before and found good: at most a few spellings per name, and bounded should there be more.
  const seen = new Set<string>();
  return (header) => {
    if (seen.has(header)) return true;
    if (!/^(\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]+)(:\d{1,5})?$/.test(header)) return false;
    if (!allowed.has(hostName(header))) return false;
    if (seen.size < 256) seen.add(header);
    return true;
  };
}
