import test from 'ava';
import { createAppointmentDefinition } from '../../actors/appointment/index.ts';
import { crashEveryEdge, type EdgeCase } from '../support/crash/edges.ts';
import { explore, type Sample } from '../support/crash/explore.ts';
import type { Subject } from '../support/crash/variant.ts';
import { defaultOptions, graphInputs, input, MPAN, REQUEST_ID, representativeEvents, stateKey, T0 } from '../support/machines/appointment-world.ts';

const names = { mpan: MPAN, mpid: 'SUPX', requestId: REQUEST_ID };
const definition = createAppointmentDefinition({
  options: defaultOptions(),
  environmentTag: 'SIT',
  subjectPrefix: 'mw',
  agents: { find: () => [] },
});

/** Edges that do the same, from whatever input, are run once. */
function cases(): EdgeCase[] {
  const found = new Map<string, EdgeCase>();
  for (const [name, more] of Object.entries(graphInputs)) {
    const start = input(more) as never;
    const subject: Subject = { title: name, kind: 'appointment', names, actor: ({ requestId }) => `appointment:${requestId}`, input: start };
    const { edges } = explore({
      definition,
      id: `appointment:${REQUEST_ID}`,
      key: MPAN,
      input: start,
      at: T0,
      samples: representativeEvents() as readonly Sample[],
      stateKey: stateKey as never,
    });
    for (const edge of edges) if (!found.has(edge.deed)) found.set(edge.deed, { edge, subject });
  }
  return [...found.values()];
}

test('every edge of the appointment, cut before and after each commit, tell and effect, leads to the same', async (t) => {
  t.timeout(180_000);
  const report = await crashEveryEdge(T0, cases(), ({ names: { mpid, mpan, requestId } }) => [
    `appointment:${requestId}`,
    `mpan:${mpid}:${mpan}`,
    `dtn:${mpid}`,
  ]);
  t.log(`${report.edges} edges, ${report.crashes} crashes`);
  t.true(report.edges > 1_000);
  t.true(report.crashes > report.edges);
  t.deepEqual(report.failures.slice(0, 5), []);
});
