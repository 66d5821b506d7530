/** Which window's misses were told last, kept so that a restart does not tell them again. */
import type { ActorId } from '../../machines/common/effects.ts';
import type { Handler } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';

const RECORD_ID: ActorId = 'swept:meter-actions';

/** Payload `{window}`; key `directory`. */
export const noteSwept: Handler = async (turn, payload): Promise<null> => {
  const { window } = payload as { readonly window: string };
  await turn.put({ id: RECORD_ID, kind: 'swept', state: 'kept', record: { window } });
  return null;
};

/** Label of the window that was told of last; undefined before the first. */
export async function lastSwept(store: Pick<EngineFace['store'], 'get'>): Promise<string | undefined> {
  const [doc] = await store.get([RECORD_ID]);
  return (doc?.snapshot as { readonly window?: string } | undefined)?.window;
}
