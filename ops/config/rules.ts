/** Rules between settings of different sections. Pure. */
import type { Problem } from './layers.ts';
import type { Config } from './schema.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i;

/** The rules that a configuration breaks whose single settings are all right. */
export function brokenRules(config: Config): readonly Omit<Problem, 'origin'>[] {
  return [...openDemo(config), ...openHouse(config), ...storeOfCluster(config)];
}

type Broken = Omit<Problem, 'origin'>;

function openDemo({ http, sim }: Config): readonly Broken[] {
  if (!sim.enabled || sim.onNetwork || LOOPBACK.test(http.host)) return [];
  return [{ path: 'http.host', rule: `must be a loopback address while simulators run (or --demo-on-network), value ${JSON.stringify(http.host)}` }];
}

function openHouse({ ops, sim }: Config): readonly Broken[] {
  if (ops.listen === undefined) return [];
  const host = ops.listen.replace(/:\d+$/, '');
  const isOpen = sim.enabled && !sim.onNetwork && !LOOPBACK.test(host);
  if (isOpen)
    return [{ path: 'ops.listen', rule: `must be a loopback address while simulators run (or --demo-on-network), value ${JSON.stringify(ops.listen)}` }];
  return Number(ops.listen.split(':').at(-1)) <= 65_535
    ? []
    : [{ path: 'ops.listen', rule: `must name a port up to 65535, value ${JSON.stringify(ops.listen)}` }];
}

/** The embedded store has one process; a shared one needs leases, so that no two believe that it is theirs. */
function storeOfCluster({ store, cluster }: Config): readonly Broken[] {
  const wanted = store.kind === 'mongodb' ? 'nats' : 'single';
  if (cluster.mode === wanted) return [];
  return [{ path: 'cluster.mode', rule: `must be "${wanted}" with store.kind "${store.kind}", value ${JSON.stringify(cluster.mode)}` }];
}
