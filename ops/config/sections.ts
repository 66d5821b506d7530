/** Sections of the configuration that belong to no domain. */
import Type from 'typebox';

export const DataOptionsSchema = Type.Object(
  {
    dir: Type.String({ minLength: 1, default: 'data', description: 'Folder of everything that the engine keeps' }),
  },
  { additionalProperties: false },
);

/** Retention of what no domain keeps itself; events: `nats.stream`, ended appointments: `engine.endedRetentionDays`. */
