/** Settings of the engine itself. */
import Type, { type Static } from 'typebox';

export const EngineOptionsSchema = Type.Object(
  {
    shards: Type.Integer({ minimum: 1, maximum: 4096, default: 64, description: 'Number of shards, fixed at first start' }),
    maxQueued: Type.Integer({ minimum: 1, default: 20_000, description: 'Commands that may wait in all mailboxes; beyond, callers are told to come back' }),
    maxQueuedPerKey: Type.Integer({ minimum: 1, default: 2_000, description: 'Commands that may wait for one key' }),
    maxTurnMessages: Type.Integer({ minimum: 1, default: 64, description: 'Messages of one key that share a commit' }),
    maxCommitGroups: Type.Integer({ minimum: 1, default: 512, description: 'Keys that share a commit' }),
    cacheEntries: Type.Integer({ minimum: 0, default: 20_000, description: 'Documents of recently used actors kept in memory' }),
    maxHeld: Type.Integer({ minimum: 1, default: 1_000, description: 'Messages that may wait behind one parked actor; beyond, they are refused' }),
    outboxMemory: Type.Integer({ minimum: 16, default: 5_000, description: 'Effects per channel kept in memory; the rest waits in the store' }),
    scanIntervalMs: Type.Integer({ minimum: 100, default: 5_000, description: 'How often undone effects and due reminders are looked for in the store' }),
    reminderWindowMs: Type.Integer({ minimum: 1_000, default: 60_000, description: 'How far ahead reminders are kept in memory' }),
    reminderEntries: Type.Integer({ minimum: 16, default: 2_000, description: 'Reminders kept in memory' }),
    reminderInFlight: Type.Integer({ minimum: 1, default: 256, description: 'Reminders handled at once' }),
    reminderRetryMs: Type.Integer({ minimum: 1_000, default: 300_000, description: 'Pause before a reminder whose handling failed is tried again' }),
    retryAfterMs: Type.Integer({ minimum: 100, default: 1_000, description: 'What a caller is told to wait when a queue is full' }),
    sweepIntervalMs: Type.Integer({ minimum: 1_000, default: 60_000, description: 'Pause between background sweeps' }),
    endedRetentionDays: Type.Integer({ minimum: 31, default: 400, description: 'How long ended appointments are kept' }),
    aliveIntervalMs: Type.Integer({
      minimum: 500,
      default: 5_000,
      description: 'How often the installation notes that it is alive; a longer silence is a gap at the next start',
    }),
  },
  { additionalProperties: false },
);

export type EngineOptions = Static<typeof EngineOptionsSchema>;
