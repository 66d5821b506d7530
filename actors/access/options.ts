/** Settings of keys and tokens. */
import Type, { type Static } from 'typebox';

export const AccessOptionsSchema = Type.Object(
  {
    cacheEntries: Type.Integer({ minimum: 0, default: 10_000, description: 'Keys and tokens kept in memory after their first use' }),
    cacheMs: Type.Integer({ minimum: 0, default: 60_000, description: 'How long one is kept before the store is asked again' }),
    lastUseIntervalMs: Type.Integer({ minimum: 1_000, default: 60_000, description: 'How often the instants of last use are written down' }),
  },
  { additionalProperties: false },
);

export type AccessOptions = Static<typeof AccessOptionsSchema>;
