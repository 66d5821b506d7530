/** Settings of the agents store. */
import Type, { type Static } from 'typebox';

export const AgentOptionsSchema = Type.Object(
  {
    maxAgents: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 50_000, description: 'Agents held in memory; the market has a few thousand' }),
    pageSize: Type.Integer({ minimum: 1, maximum: 1_000, default: 500, description: 'Agents read from the store at a time' }),
  },
  { additionalProperties: false },
);

export type AgentOptions = Static<typeof AgentOptionsSchema>;
