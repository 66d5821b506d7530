/** The contract of the operator's API, health and metrics. */
import type { Operation } from '../contract/operation.ts';
import { accessOperations } from './contract/access.ts';
import { actorsOperations } from './contract/actors.ts';
import { healthOperations, installationOperations } from './contract/installation.ts';
import { metersOperations } from './contract/meters.ts';
import { peopleOperations } from './contract/people.ts';
import { queriesOperations } from './contract/queries.ts';
import { webhooksOperations } from './contract/webhooks.ts';

export const opsOperations: readonly Operation[] = [
  ...actorsOperations,
  ...queriesOperations,
  ...metersOperations,
  ...accessOperations,
  ...peopleOperations,
  ...installationOperations,
  ...webhooksOperations,
  ...healthOperations,
];
