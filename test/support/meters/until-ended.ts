/** Waits until an action has ended. */
import { type ActionContext, statusOf } from '../../../machines/time-update/index.ts';

/** Its status. @param looks called at every change, whoever's it is */
export function untilEnded(
  requestId: number,
  context: (requestId: number) => Promise<ActionContext>,
  looks: Set<() => void>,
): Promise<ReturnType<typeof statusOf>> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      context(requestId).then((found) => {
        if (found.end === null) return;
        looks.delete(look);
        resolve(statusOf(found));
      }, reject);
    };
    looks.add(look);
    look();
  });
}
