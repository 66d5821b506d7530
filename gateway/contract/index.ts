/** The contracts: documents, and the page to read and try them. */
export { allOperations } from './operations.ts';
export { type ContractDeps, type ContractOptions, contractRoutes } from './routes.ts';
export type { ContractDemo } from './served.ts';
