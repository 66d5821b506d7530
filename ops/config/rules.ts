/** Rules between settings of different sections. Pure. */
import type { Problem } from './layers.ts';
import type { Config } from './schema.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i;

/** The rules that a configuration breaks whose single settings are all right. */
export function brokenRules(config: Config): readonly Omit<Problem, 'origin'>[] {
  const { http, sim } = config;
  if (!sim.enabled || sim.onNetwork || LOOPBACK.test(http.host)) return [];
  return [{ path: 'http.host', rule: `must be a loopback address while simulators run (or --demo-on-network), value ${JSON.stringify(http.host)}` }];
}
