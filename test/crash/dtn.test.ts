import test from 'ava';
import { Value } from 'typebox/value';
import { DtnOptionsSchema, dtnDefinition, dtnFileDefinition, settingsOf } from '../../actors/dtn/index.ts';
import type { ActorDefinition } from '../../actors/engine/definition.ts';
import { crashEveryEdge, type EdgeCase } from '../support/crash/edges.ts';
import { explore, type Sample } from '../support/crash/explore.ts';
import type { Subject } from '../support/crash/variant.ts';
import { AT, dtnEvents, dtnFileEvents, dtnInput, MPID } from '../support/machines/dtn-world.ts';

const settings = settingsOf(Value.Default(DtnOptionsSchema, {}) as never);
const names = { mpan: '2000056535971', mpid: MPID, requestId: '0195c7a1-0000-7000-8000-000000000001' };

const label = ({ at: _at, ...event }: { readonly at: number; readonly type: string }, i: number): Sample => ({
  label: `${i} ${event.type}`,
  event: event as never,
});
/** What of a context guards may look at: how much there is of everything. */
function stateKey(snapshot: { readonly value: unknown; readonly context: object }): string {
  const shape = Object.entries(snapshot.context).map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null ? Object.keys(value).length : typeof value,
  ]);
  return JSON.stringify([snapshot.value, shape]);
}

interface Machine {
  readonly title: string;
  readonly kind: string;
  readonly definition: ActorDefinition;
  readonly actor: Subject['actor'];
  readonly input: unknown;
  readonly samples: readonly Sample[];
}

const machines: readonly Machine[] = [
  {
    title: 'collector of DTN lines',
    kind: 'dtn',
    definition: dtnDefinition(settings),
    actor: ({ mpid }) => `dtn:${mpid}`,
    input: dtnInput,
    samples: dtnEvents.map(label),
  },
  {
    title: 'DTN file',
    kind: 'dtn-file',
    definition: dtnFileDefinition(settings),
    actor: ({ mpid }) => `dtn-file:${mpid}:0000000001`,
    input: { mpid: MPID, fileId: '0000000001', at: AT },
    samples: dtnFileEvents.map(label),
  },
];

for (const { title, kind, definition, actor, input, samples } of machines) {
  test(`every edge of the ${title}, cut before and after each commit, tell and effect, leads to the same`, async (t) => {
    t.timeout(120_000);
    const subject: Subject = { title, kind, names, actor, key: ({ mpid }) => mpid, input: input as never };
    const { edges } = explore({ definition, id: actor(names), key: MPID, input: input as never, at: AT, samples, stateKey: stateKey as never });
    const cases = new Map<string, EdgeCase>();
    for (const edge of edges) if (!cases.has(edge.deed)) cases.set(edge.deed, { edge, subject });
    const files = ['0000000001', '0000000002', 'TR00000001'];
    const report = await crashEveryEdge(AT, [...cases.values()], ({ names: { mpid } }) => [
      `dtn:${mpid}`,
      ...files.map((id) => `dtn-file:${mpid}:${id}` as const),
    ]);
    t.log(`${report.edges} edges, ${report.crashes} crashes`);
    t.true(report.crashes > report.edges && report.edges > 10);
    t.deepEqual(report.failures.slice(0, 5), []);
  });
}
