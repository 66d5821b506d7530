/** The market simulator's door. */
export { type Market, startMarket } from './market.ts';
export { completeSimOptions, type SimOptions, SimOptionsSchema } from './options.ts';
export type { Rule } from './rules.ts';
export { AGENTS, agentsJsonl, checkDigit, DOCUMENTED_MPAN, LEGACY_MOP, mpanLine, mpansJsonl, SUPPLIER, seededMpan } from './seed.ts';
