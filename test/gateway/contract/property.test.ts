/** Whatever is asked, well-formed or not: no status and no body that is not documented. */
import anyTest, { type TestFn } from 'ava';
import type { Operation } from '../../../gateway/contract/operation.ts';
import { allOperations } from '../../../gateway/contract/operations.ts';
import { servedNow } from '../../../gateway/contract/served.ts';
import fc from '../../support/fc.ts';
import { callOf } from './arbitrary.ts';
import { ask, undocumented } from './asking.ts';
import { type ContractWorld, DEMO, startContractWorld } from './world.ts';

const test = anyTest as TestFn<ContractWorld>;

test.before(async (t) => {
  t.context = await startContractWorld();
});
test.after.always((t) => t.context.close());

const RUNS = 30;
/** A hash for people's passwords takes its time, by intention. */
const SLOW: ReadonlySet<string> = new Set(['addOperator', 'changeOperator', 'readDocsReader']);
const SLOW_RUNS = 3;
/** Pages that are not built for tests. */
const UNBUILT: ReadonlySet<string> = new Set(['/', '/extras/mts-api']);

async function holds(world: ContractWorld, operation: Operation, wrong: boolean): Promise<void> {
  const served = await servedNow({ clock: world.clock, engine: world.engine, demo: DEMO });
  const example = operation.examples?.try?.(served);
  const property = fc.asyncProperty(callOf(operation, example?.parameters ?? {}, wrong), async (call) => {
    const told = await ask(world, operation, call);
    const lack = undocumented(operation, told);
    if (lack !== undefined) throw new Error(`${operation.id}: ${lack}`);
    if (told.status >= 500 && !UNBUILT.has(operation.path)) throw new Error(`${operation.id}: ${told.status} ${told.text}: ${world.errors.at(-1)}`);
  });
  const { failed, errorInstance, counterexample } = await fc.check(property, { numRuns: SLOW.has(operation.id) ? SLOW_RUNS : RUNS });
  if (failed) throw new Error(`${String(errorInstance)} for ${JSON.stringify(counterexample)}`);
}

for (const wrong of [false, true]) {
  for (const tag of new Set(allOperations.map((operation) => operation.tag))) {
    test.serial(`${tag}: ${wrong ? 'what is not as documented' : 'what is documented'} gets a documented answer`, async (t) => {
      for (const operation of allOperations) if (operation.tag === tag) await holds(t.context, operation, wrong);
      t.pass();
    });
  }
}
