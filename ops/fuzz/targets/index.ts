/** Every codec that is fuzzed, by the name of its folder, and the link machines. Each is loaded when asked for. */
import type { FuzzTarget } from '../target.ts';

const LOADERS: Readonly<Record<string, () => Promise<{ readonly target: () => FuzzTarget }>>> = {
  hdlc: () => import('./hdlc.ts'),
  wrapper: () => import('./wrapper.ts'),
  apdu: () => import('./apdu.ts'),
  data: () => import('./data.ts'),
  security: () => import('./security.ts'),
  'iec62056-21': () => import('./iec62056-21.ts'),
  elster: () => import('./elster.ts'),
  edmi: () => import('./edmi.ts'),
  emlite: () => import('./emlite.ts'),
  cewe: () => import('./cewe.ts'),
  'hdlc-link': async () => ({ target: (await import('./links.ts')).hdlcLink }),
  'wrapper-link': async () => ({ target: (await import('./links.ts')).wrapperLink }),
  'iec-link': async () => ({ target: (await import('./links.ts')).iecLink }),
  'edmi-link': async () => ({ target: (await import('./links.ts')).edmiLink }),
  'emlite-link': async () => ({ target: (await import('./links.ts')).emliteLink }),
};

export const targetNames: readonly string[] = Object.keys(LOADERS);

/** Undefined for a name that is none. */
export async function loadTarget(name: string): Promise<FuzzTarget | undefined> {
  const load = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  return load === undefined ? undefined : (await load()).target();
}
