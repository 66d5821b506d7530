/** Questions to a cluster of NATS servers from outside, for those who kill its members. */
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';

/** `ask` once, by a connection of its own; `asked` again until there is an answer: servers without a leader do not give one. */
export interface ClusterQuestions {
  ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T>;
  asked<T>(question: (manager: JetStreamManager) => Promise<T | undefined>): Promise<T>;
}

/** @param up addresses of the servers that run now @param pause between two tries */
export function clusterQuestions(up: () => readonly string[], askMs: number, pause: () => Promise<unknown>): ClusterQuestions {
  const ask: ClusterQuestions['ask'] = async (question) => {
    const nc = await connect({ servers: [...up()] });
    try {
      return await question(await jetstreamManager(nc, { checkAPI: false, timeout: askMs }));
    } finally {
      await nc.close();
    }
  };
  return {
    ask,
    async asked(question) {
      for (;;) {
        const answer = await ask(question).catch(() => undefined);
        if (answer !== undefined) return answer;
        await pause();
      }
    },
  };
}
