/** `mw lines`: the modem lines, what they speak, their health, their longest use. */
import { groupDifferences, groupsOfNodes } from '../../../actors/line/cluster-groups.ts';
import type { CommandSpec } from '../command.ts';
import { complain, instant, print, printJson, table } from '../output.ts';
import { type Silent, silentText } from '../silent.ts';

interface LineItem {
  readonly id: string;
  readonly group: string;
  readonly kind: string;
  readonly dialogue: 'at' | 'x28';
  readonly setup: {
    readonly port: string;
    readonly baud: number;
    readonly commands: readonly string[];
    readonly dials: string;
    readonly hangsUp: string;
  };
  readonly state: string;
  readonly since: number;
  readonly owner: string | null;
  readonly calls: number;
  readonly connected: number;
  readonly failures: number;
  readonly failuresInRow: number;
  readonly lastFailure: string | null;
  readonly longestUseMs: number;
  /** In a cluster. */
  readonly node?: string;
}

export const lines: CommandSpec = {
  name: 'lines',
  about: 'Lists the modem lines: state, health, longest use, and what each one speaks.',
  usage: '',
  words: [0, 0],
  run: async (call) => {
    const { items, silent = [] } = await call.target.need<{ items: readonly LineItem[]; silent?: Silent }>('/ops/v1/lines', { as: 'operator' });
    const cluster = items.some(({ node }) => node !== undefined);
    if (call.json) printJson(items);
    else {
      print(
        table(
          [
            ...(cluster ? ['node'] : []),
            'line',
            'group',
            'kind',
            'state',
            'since',
            'used by',
            'calls',
            'connected',
            'line faults',
            'in a row',
            'longest use',
            'last fault',
          ],
          items.map((item) => [
            ...(cluster ? [item.node] : []),
            item.id,
            item.group,
            item.kind,
            item.state,
            instant(item.since),
            item.owner,
            item.calls,
            item.connected,
            item.failures,
            item.failuresInRow,
            `${(item.longestUseMs / 1_000).toFixed(0)} s`,
            item.lastFailure,
          ]),
        ),
      );
      if (items.length > 0) print(`\n${setups(items, cluster)}`);
    }
    for (const line of differencesOf(items)) complain(line);
    for (const line of silentText(silent)) complain(line);
    return 0;
  },
};

/** Groups that are not alike on the nodes that have them, in words. */
export function differencesOf(items: readonly LineItem[]): readonly string[] {
  const groups = groupsOfNodes(items.map(({ node = '', group, dialogue, setup }) => ({ node, group, dialogue, setup })));
  return groupDifferences(groups).map((line) => `lines that stand in for each other are not alike: ${line}`);
}

const WORDS: Readonly<Record<string, string>> = {
  serial: 'serial port',
  tcp: 'terminal server',
  rfc2217: 'terminal server, RFC 2217',
  at: 'modem, AT',
  x28: 'pad, X.28',
};

/** What a line needs to be asked when it does not dial. */
function setups(items: readonly LineItem[], cluster: boolean): string {
  return table(
    [...(cluster ? ['node'] : []), 'line', 'port', 'at', 'bits/s', 'speaks', 'before each call', 'dials', 'hangs up by'],
    items.map(({ node, id, kind, dialogue, setup: { port, baud, commands, dials, hangsUp } }) => [
      ...(cluster ? [node] : []),
      id,
      WORDS[kind] ?? kind,
      port,
      baud,
      WORDS[dialogue] ?? dialogue,
      commands.join(', '),
      dials,
      hangsUp,
    ]),
  );
}
