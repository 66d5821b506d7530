/** Nodes on one store under a fake clock, each with its own `Access` and `Identity`: one line of set-up per test. */
import { randomBytes } from 'node:crypto';
import { Value } from 'typebox/value';
import { Access, AccessOptionsSchema, accessHandlers } from '../../actors/access/index.ts';
import type { StoreReader } from '../../actors/engine/face.ts';
import { Identity, type IdentityOptions, IdentityOptionsSchema, identityHandlers } from '../../actors/identity/index.ts';
import { FakeClock } from './fake-clock.ts';
import { TestFace } from './gateway/face.ts';
import { Voices } from './voice.ts';

export interface PeopleNode {
  readonly access: Access;
  readonly identity: Identity;
}

export function peopleNodes(t: { teardown(end: () => void): void }, count: number, options: Partial<IdentityOptions> = {}) {
  const clock = new FakeClock();
  const face = new TestFace(() => clock.now());
  Object.assign(face.handlers, accessHandlers(), identityHandlers());
  const voices = new Voices();
  const logged: string[] = [];
  const note = (fields: object, text: string): void => void logged.push(`${text} ${JSON.stringify(fields)}`);
  let counter = 0;
  /** Nodes whose reads of the store fail. */
  const cut = new Set<number>();
  const make = (index: number): PeopleNode => {
    const get: StoreReader['get'] = async (ids) => {
      if (cut.has(index)) throw new Error('away');
      return face.store.get(ids);
    };
    const shared = {
      engine: { command: face.command.bind(face) as TestFace['command'], store: { ...face.store, get } },
      clock,
      ids: { uuid: () => `id-${++counter}` },
      log: { debug: note, info: note, warn: note, error: note },
      secrets: { bytes: (size: number) => randomBytes(size) },
      pepper: 'pepper',
    };
    const access = new Access(Value.Create(AccessOptionsSchema), {
      ...shared,
      defaultRate: { perSecond: 10, burst: 20 },
      ...(count === 1 ? {} : { voice: voices.of(`n${index}`) }),
    });
    const identity = new Identity({ ...Value.Create(IdentityOptionsSchema), ...options }, { ...shared, changes: access.changes });
    access.start();
    t.teardown(() => {
      identity.stop();
      access.stop();
    });
    return { access, identity };
  };
  const all = Array.from({ length: count }, (_, index) => make(index)) as [PeopleNode, PeopleNode, ...PeopleNode[]];
  return { clock, face, voices, cut, logged, all };
}

/** A session that was opened without a password, which would take its time. */
export async function signedIn({ identity }: PeopleNode, operator = 'local', source = '10.0.0.1'): Promise<string> {
  const { link } = await identity.createLink({ operator, by: 'test' });
  const signIn = await identity.signInByLink({ link, source });
  if (signIn.kind !== 'in') throw new Error(`not signed in: ${signIn.kind}`);
  return signIn.secret;
}
