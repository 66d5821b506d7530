/** Every example of the HTTP contract is run against the engine, and every route has its operation. */
import anyTest, { type TestFn } from 'ava';
import { SEED_SERVED } from '../../../gateway/contract/asyncapi.ts';
import { examplesOf } from '../../../gateway/contract/openapi.ts';
import type { Example, Operation } from '../../../gateway/contract/operation.ts';
import { allOperations } from '../../../gateway/contract/operations.ts';
import { servedNow } from '../../../gateway/contract/served.ts';
import { ask, fault, undocumented } from './asking.ts';
import { type ContractWorld, DEMO, startContractWorld } from './world.ts';

const test = anyTest as TestFn<ContractWorld>;

test.before(async (t) => {
  t.context = await startContractWorld();
});
test.after.always((t) => t.context.close());

const nameOf = ({ method, path }: Pick<Operation, 'method' | 'path'>): string => `${method} ${path}`;

test('each route has exactly one operation, and each operation its route', (t) => {
  const routes = t.context.routes.map(nameOf).sort();
  const operations = allOperations.map(nameOf).sort();
  t.deepEqual(operations, routes);
  t.is(new Set(operations).size, operations.length);
  t.is(new Set(allOperations.map(({ id }) => id)).size, operations.length);
});

test('an operation names the parameters of its path, in their order', (t) => {
  for (const { path, parameters = [], id } of allOperations) {
    const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `:${name}`);
    t.deepEqual(
      inPath,
      path.split('/').filter((part) => part.startsWith(':')),
      id,
    );
  }
});

test('every value of an example has the form that is documented', (t) => {
  for (const operation of allOperations) {
    for (const [name, { parameters = {}, body, status, answer }] of examplesOf(operation, SEED_SERVED)) {
      const where = `${operation.id} ${name}`;
      for (const [parameter, text] of Object.entries(parameters)) {
        const found = operation.parameters?.find((one) => one.name === parameter);
        const { type } = (found?.schema ?? {}) as { readonly type?: string };
        t.is(found && fault(found.schema, type === 'integer' ? Number(text) : text), undefined, `${where} ${parameter}`);
        t.truthy(found, `${where} ${parameter}`);
      }
      const refused = status >= 400;
      if (body !== undefined && operation.body && !refused) t.is(fault(operation.body.schema, body), undefined, where);
      const schema = operation.answers[status]?.schema;
      if (answer !== undefined) t.is(schema && fault(schema, answer), undefined, where);
    }
  }
});

async function run(world: ContractWorld, operation: Operation, { parameters = {}, body, status }: Example): Promise<string | undefined> {
  const told = await ask(world, operation, { parameters, body: body === undefined ? undefined : JSON.stringify(body) });
  if (told.status !== status) return `${operation.id}: ${told.status} for ${status}: ${told.text.slice(0, 300)}`;
  const lack = undocumented(operation, told);
  return lack && `${operation.id}: ${lack}`;
}

/** What makes something comes before what reads it. */
const inOrder = [...allOperations].sort((a, b) => Number(b.id === 'timeUpdate') - Number(a.id === 'timeUpdate'));

test.serial('every seed example gets the answer that it is documented to get, under the clock of the samples', async (t) => {
  for (const operation of inOrder) {
    const { seed, 'seed-refused': refused } = operation.examples ?? {};
    for (const example of [seed, refused]) if (example) t.is(await run(t.context, operation, example), undefined);
  }
});

test.serial('the documented answers hold, but for ids and instants', async (t) => {
  const appoint = allOperations.find(({ id }) => id === 'appointMeteringService')!;
  const seed = appoint.examples?.seed as Example & { readonly answer: Record<string, unknown> };
  const told = await ask(t.context, appoint, { parameters: seed.parameters ?? {}, body: JSON.stringify(seed.body) });
  const { request_id: _id, created_at: _created, last_updated_at: _updated, ...rest } = seed.answer;
  t.like(JSON.parse(told.text), rest);
  const status = allOperations.find(({ id }) => id === 'actionStatus')!;
  const pending = status.examples?.seed as Example & { readonly answer: Record<string, unknown> };
  const { actionRequestTime: _requested, result: _result, resultSummary: _summary, ...request } = pending.answer;
  t.like(JSON.parse((await ask(t.context, status, { parameters: pending.parameters ?? {} })).text), request);
  const order = allOperations.find(({ id }) => id === 'timeUpdate')!;
  const refused = order.examples?.['seed-refused'];
  const refusal = await ask(t.context, order, { parameters: {}, body: JSON.stringify(refused?.body) });
  t.deepEqual(JSON.parse(refusal.text), refused?.answer);
});

test.serial('every example to try works as the demo stands', async (t) => {
  const { clock, engine } = t.context;
  let served = await servedNow({ clock, engine, demo: DEMO });
  for (const operation of inOrder) {
    const { examples } = operation;
    if (examples?.try) t.is(await run(t.context, operation, examples.try(served)), undefined);
    // From now on there is a latest action.
    if (operation.id === 'timeUpdate') served = await servedNow({ clock, engine, demo: DEMO });
  }
  t.deepEqual(t.context.errors, []);
});

test.serial('the document that is served has the examples of this day, and no secret', async (t) => {
  const { status, text } = await t.context.call('GET', '/openapi.json', {});
  t.is(status, 200);
  const document = JSON.parse(text);
  const { examples } = document.paths['/metering-services/v1/{mpid}/appoint'].post.requestBody.content['application/json'];
  t.deepEqual(Object.keys(examples), ['try', 'seed']);
  t.is(examples.try.value.effective_from, '2026-03-24T00:00:00+00:00');
  t.true(DEMO.mpans.includes(String(examples.try.value.mpan_core)));
  for (const secret of [t.context.key, t.context.token]) t.false(text.includes(secret));
});

test.serial('a gateway documents what it serves, and nothing else', async (t) => {
  const alone = await startContractWorld({ cluster: undefined as never });
  t.teardown(() => alone.close());
  const { paths } = JSON.parse((await alone.call('GET', '/openapi.json', {})).text);
  t.is(paths['/ops/v1/cluster'], undefined);
  t.truthy(paths['/ops/v1/alerts']);
});
