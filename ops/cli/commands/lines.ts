/** `mw lines`: the modem lines, their health, their longest use. */
import type { CommandSpec } from '../command.ts';
import { instant, print, printJson, table } from '../output.ts';

interface LineItem {
  readonly id: string;
  readonly group: string;
  readonly kind: string;
  readonly state: string;
  readonly since: number;
  readonly owner: string | null;
  readonly calls: number;
  readonly connected: number;
  readonly failures: number;
  readonly failuresInRow: number;
  readonly lastFailure: string | null;
  readonly longestUseMs: number;
}

export const lines: CommandSpec = {
  name: 'lines',
  about: 'Lists the modem lines: state, health, longest use.',
  usage: '',
  words: [0, 0],
  run: async (call) => {
    const { items } = await call.target.need<{ items: readonly LineItem[] }>('/ops/v1/lines', { as: 'operator' });
    if (call.json) printJson(items);
    else
      print(
        table(
          ['line', 'group', 'kind', 'state', 'since', 'used by', 'calls', 'connected', 'line faults', 'in a row', 'longest use', 'last fault'],
          items.map((item) => [
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
    return 0;
  },
};
