/** Paths that are matched without regard to case: the library's router knows only exact ones, so these are looked up behind it. */
import type { Reply } from './reply.ts';
import type { CompiledPath, Refuse, Route } from './route.ts';

/** The route; or how the request is refused (404, 405); or undefined for a path that is none of ours. */
export type AnyCaseLookup = (url: string, method: string) => Route | (() => Reply) | undefined;

export function isAnyCase({ routes }: CompiledPath): boolean {
  return routes.some((route) => route.anyCase === true);
}

/** Compile the look-up. `url` is without the query. */
export function compileAnyCase(paths: readonly CompiledPath[]): AnyCaseLookup {
  const byPath = new Map(paths.map((path) => [path.path.toLowerCase(), path]));
  const folders = new Map<string, Refuse>();
  for (const { path, routes } of paths) if (routes[0]) folders.set(folderOf(path), routes[0].refuse);
  return (url, method) => {
    const folder = folders.get(folderOf(url));
    if (!folder) return undefined;
    const path = byPath.get(url.toLowerCase());
    if (!path) return () => folder(404, 'not_found', 'Not Found');
    const wanted = method.toUpperCase();
    return path.routes.find((route) => route.method === wanted) ?? (() => folder(405, 'method_not_allowed', 'Method Not Allowed', [['allow', path.allow]]));
  };
}

/** `/mts` of `/MTS/time-update`. */
function folderOf(path: string): string {
  const end = path.indexOf('/', 1);
  return (end < 0 ? path : path.slice(0, end)).toLowerCase();
}
