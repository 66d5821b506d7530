/** No secret leaves the place where it belongs: each is planted, everything is driven, well and badly, and every place is searched. */
import test, { type ExecutionContext } from 'ava';
import { drive, type Gathered, gather, PlantedWorld, Plants, type Seen } from '../support/planted/index.ts';

let world: PlantedWorld;
let gathered: Gathered;
test.before(async (t) => {
  t.timeout(240_000);
  world = await PlantedWorld.start();
  gathered = await gather(world, await drive(world));
});
test.after.always(async () => {
  await world?.end();
});

function clean(t: ExecutionContext, places: readonly Seen[], least: number): void {
  t.true(places.length >= least, `${places.length} places were looked at, fewer than ${least}`);
  const found = places.flatMap(({ where, text }) => world.plants.in(where, text));
  t.deepEqual(found.slice(0, 20), [], `${found.length} finds`);
}

const named = (places: readonly Seen[], part: string): Seen => {
  const found = places.find(({ where }) => where.includes(part));
  if (!found) throw new Error(`nothing of ${part}`);
  return found;
};

test('secrets of every kind are planted, and what uses them has worked', (t) => {
  t.true(world.plants.size > 40, String(world.plants.size));
  for (const part of ['answer 200 of GET /docs', 'answer 200 of GET /openapi.json', 'answer 200 of GET /asyncapi.json', 'answer 200 of GET /metrics'])
    t.true(named(gathered.answers, part).text.length > 1_000, part);
  const status = gathered.answers.filter(({ where, text }) => where.includes('/ops/v1/meter-actions/') && /"traces":\[\{/.test(text));
  t.true(status.filter(({ text }) => text.includes('"result":"SUCCESS"')).length >= 5, 'a trace of a good session of each meter');
  t.true(status.length >= 6, 'and of refused ones');
  t.true(gathered.log.some(({ text }) => text.includes('a sign-in was refused')));
});

test('a planted secret is found however text carries it, and whatever stands before it', (t) => {
  const secret = 'pl%nted "pa\\ss" ü';
  const plants = new Plants();
  plants.add('it', secret);
  for (const before of ['', 'x', 'xy', 'xyz']) {
    const bytes = Buffer.from(`${before}${secret} and more`);
    const text = bytes.toString();
    const forms = [text, JSON.stringify({ text }), JSON.stringify(JSON.stringify({ text })), encodeURIComponent(text), bytes.toString('latin1')];
    const encoded = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex'), bytes.toString('hex').toUpperCase().replace(/../g, '$& ')];
    for (const form of [...forms, ...encoded]) t.is(plants.in('here', form).length, 1, form);
  }
  t.deepEqual(plants.in('here', 'nothing of it'), []);
});

test('no answer, no error, no list and no command shows one', (t) => clean(t, gathered.answers, 150));

test('no line of the log has one, at the most talkative level', (t) => clean(t, gathered.log, 8));

test('no event, no live message and no message between parts of the engine has one', (t) => clean(t, gathered.bus, 100));

test('no record and no history in the store has one in clear: audit, traces, alerts and quarantine neither', (t) => clean(t, gathered.store, 100));

test('no command line of the engine or its children has one', (t) => clean(t, gathered.commandLines, 3));

test('no file that others may read has one', (t) => clean(t, gathered.files, 1));
