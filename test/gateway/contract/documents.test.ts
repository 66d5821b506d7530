/** The documents as such: whether independent validators take them, and whether they tell of every route. */
import { Parser } from '@asyncapi/parser';
import { Validator } from '@seriousme/openapi-schema-validator';
import test from 'ava';
import type { TSchema } from 'typebox';
import { asyncApiDocument, SEED_SERVED } from '../../../gateway/contract/asyncapi.ts';
import { cloudEventSchema, EVENT_DOMAINS, ProgressSchema } from '../../../gateway/contract/events.ts';
import { CLIENT_FRAMES, SERVER_FRAMES } from '../../../gateway/contract/frames.ts';
import { openApiDocument } from '../../../gateway/contract/openapi.ts';
import { allOperations } from '../../../gateway/contract/operations.ts';
import * as live from '../../../gateway/live/protocol.ts';
import { fault } from './asking.ts';

const facts = { version: '1.2.3', prefix: 'mw', served: SEED_SERVED };

test('an independent validator takes the OpenAPI document as 3.1', async (t) => {
  const document = openApiDocument(allOperations, facts);
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  t.true(valid, JSON.stringify(errors)?.slice(0, 2_000));
  t.is(validator.version, '3.1');
});

test('an independent parser takes the AsyncAPI document as 3.0, without a warning', async (t) => {
  const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApiDocument(facts)));
  // It recommends 3.1.
  const said = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version');
  t.deepEqual(
    said.map(({ path, message, code }) => `${code} ${path.join('.')}: ${message}`),
    [],
  );
  t.is(document?.version(), '3.0.0');
});

interface Documented {
  readonly components: { readonly messages: Readonly<Record<string, { readonly examples: readonly { readonly name: string; readonly payload: unknown }[] }>> };
}

test('every message has the examples seed and try, and each is what the message says', (t) => {
  const { components } = asyncApiDocument(facts) as unknown as Documented;
  const schemas = new Map<string, TSchema>([
    ...EVENT_DOMAINS.flatMap((domain) => domain.messages.map((message) => [`${domain.name}.${message.what}`, cloudEventSchema(domain, message)] as const)),
    ...CLIENT_FRAMES.map(({ kind, schema }) => [`live.client.${kind}`, schema] as const),
    ...SERVER_FRAMES.map(({ kind, schema }) => [`live.server.${kind}`, schema] as const),
    ['meter-session.progress', ProgressSchema],
  ]);
  t.deepEqual(Object.keys(components.messages).sort(), [...schemas.keys()].sort());
  for (const [name, { examples }] of Object.entries(components.messages)) {
    t.deepEqual(
      examples.map((example) => example.name),
      ['seed', 'try'],
    );
    for (const { payload } of examples) t.is(fault(schemas.get(name) as TSchema, payload), undefined, name);
  }
});

test('the frames of the protocol are all documented', (t) => {
  const kindsOf = (union: { readonly anyOf: readonly TSchema[] }): string[] =>
    union.anyOf.flatMap((one) =>
      'anyOf' in one ? kindsOf(one as never) : [(one as never as { properties: { kind: { const: string } } }).properties.kind.const],
    );
  t.deepEqual(new Set(kindsOf(live.ClientFrame as never)), new Set(CLIENT_FRAMES.map(({ kind }) => kind)));
  t.deepEqual(new Set(kindsOf(live.ServerFrame as never)), new Set(SERVER_FRAMES.map(({ kind }) => kind)));
});
