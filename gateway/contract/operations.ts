/** All operations, in the order of the document. */
import { agentsOperations } from '../agents/contract.ts';
import { appointmentOperations } from '../appointment/contract.ts';
import { dipOperations } from '../dip/contract.ts';
import { mpanOperations } from '../mpan/contract.ts';
import { mtsOperations } from '../mts/contract.ts';
import { opsOperations } from '../ops/contract.ts';
import { requestsOperations } from '../requests/contract.ts';
import { webOperations } from '../web/contract.ts';
import { contractOperations } from './contract.ts';
import type { Operation } from './operation.ts';

export const allOperations: readonly Operation[] = [
  ...appointmentOperations,
  ...requestsOperations,
  ...mpanOperations,
  ...agentsOperations,
  ...mtsOperations,
  ...opsOperations,
  ...dipOperations,
  ...webOperations,
  ...contractOperations,
];
