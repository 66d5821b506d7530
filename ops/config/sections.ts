/** Sections of the configuration that belong to no domain. */
import Type from 'typebox';

export const DataOptionsSchema = Type.Object(
  {
    dir: Type.String({ minLength: 1, default: 'data', description: 'Folder of everything that the engine keeps' }),
  },
  { additionalProperties: false },
);

/** Retention of what no domain keeps itself; events: `nats.stream`, ended appointments: `engine.endedRetentionDays`. */
export const RetentionOptionsSchema = Type.Object(
  {
    tracesDays: Type.Integer({ minimum: 1, default: 14, description: 'How long traces of bytes are kept, days' }),
    auditDays: Type.Integer({ minimum: 1, default: 2_557, description: 'How long the audit trail is kept, days' }),
  },
  { additionalProperties: false },
);
