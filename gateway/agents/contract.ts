/** The contract of `GET /agents/v1/{mpid}` and its list (appointments 1.7). */
import Type from 'typebox';
import { named, type Operation } from '../contract/operation.ts';
import { supplierOperation } from '../contract/refusals.ts';

const Text = Type.Union([Type.String(), Type.Null()]);

export const AgentViewSchema = named(
  'Agent',
  Type.Object(
    {
      id: Type.String({ format: 'uuid' }),
      name: Text,
      mpid: Text,
      dip_id: Type.String(),
      role: Text,
      effective_from: Type.String({ description: 'Midnight in London' }),
    },
    { additionalProperties: false },
  ),
);

export const agentsOperations: readonly Operation[] = [
  supplierOperation({
    method: 'GET',
    path: '/agents/v1/:mpid',
    id: 'findAgent',
    tag: 'Market data',
    summary: 'Find a market participant by its DIP id',
    parameters: [{ name: 'dip_id', in: 'query', required: true, description: 'DIP id', schema: Type.String({ pattern: '^[0-9A-Za-z]{10}$' }) }],
    answers: { 200: { description: 'The participant; nobody is an empty list', schema: Type.Array(AgentViewSchema) } },
    examples: {
      seed: { description: 'The metering service of the documented request.', parameters: { mpid: 'SUPX', dip_id: '1500000001' }, status: 200 },
      try: ({ mpid }) => ({ parameters: { mpid, dip_id: '1500000001' }, status: 200 }),
    },
  }),
  supplierOperation({
    method: 'GET',
    path: '/agents/v1/:mpid/list',
    id: 'listAgents',
    tag: 'Market data',
    summary: 'List all market participants',
    answers: { 200: { description: 'All that industry standing data has', schema: Type.Array(AgentViewSchema) } },
    examples: {
      seed: { parameters: { mpid: 'SUPX' }, status: 200 },
      try: ({ mpid }) => ({ parameters: { mpid }, status: 200 }),
    },
  }),
];
