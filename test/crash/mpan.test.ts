import test from 'ava';
import { createMpanDefinition } from '../../actors/mpan/index.ts';
import { createWorkingDays } from '../../machines/calendar/index.ts';
import { crashEveryEdge, type EdgeCase } from '../support/crash/edges.ts';
import { explore, type Sample } from '../support/crash/explore.ts';
import type { Subject } from '../support/crash/variant.ts';
import { MPAN, mpanEvents, mpanInput, mpanStateKey, START } from '../support/machines/mpan-world.ts';

const subject: Subject = {
  title: 'mpan',
  kind: 'mpan',
  names: { mpan: MPAN, mpid: 'SUPX', requestId: '0195c7a1-0000-7000-8000-000000000001' },
  actor: ({ mpid, mpan }) => `mpan:${mpid}:${mpan}`,
  input: mpanInput as never,
};

test('every edge of the MPAN record, cut before and after each commit, tell and effect, leads to the same', async (t) => {
  t.timeout(120_000);
  const definition = createMpanDefinition({
    overdueWorkingDays: 2,
    appliedIdDays: 90,
    maxAppliedIds: 500,
    workingDays: createWorkingDays(),
    subjectPrefix: 'mw',
  });
  const samples = mpanEvents.map(({ at: _at, ...event }, i): Sample => ({ label: `${i} ${event.type}`, event: event as never }));
  const { edges } = explore({ definition, id: `mpan:SUPX:${MPAN}`, key: MPAN, input: mpanInput as never, at: START, samples, stateKey: mpanStateKey as never });
  const cases = new Map<string, EdgeCase>();
  for (const edge of edges) if (!cases.has(edge.deed)) cases.set(edge.deed, { edge, subject });
  const report = await crashEveryEdge(START, [...cases.values()], ({ names: { mpid, mpan } }) => [`mpan:${mpid}:${mpan}`, `dtn:${mpid}`]);
  t.log(`${report.edges} edges, ${report.crashes} crashes`);
  t.true(report.edges > 30);
  t.true(report.crashes > report.edges);
  t.deepEqual(report.failures.slice(0, 5), []);
});
