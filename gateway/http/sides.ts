/** Which paths are the house's own, and leave the public port where `ops.listen` gives them one of their own (interfaces, section 4). */

const HOUSE = /^\/(?:$|(?:assets|extras|ops|docs|metrics|health)(?:\/|$))/;

/** Dashboard and its files, `/extras`, `/ops`, `/docs`, `/metrics`, `/health`. Live sockets are for both: pages and suppliers open them. */
export function isHousePath(path: string): boolean {
  return HOUSE.test(path);
}

/** `host:port`, `[::1]:9443`. Undefined for anything else. */
export function parseListen(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, name, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? name;
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}
