/** The MTS Actions API. */
export { type FoundAction, MeterActions, type MeterActionsDeps, type PasswordSealer } from './actions.ts';
export { type MtsOptions, MtsOptionsSchema } from './options.ts';
export { type CheckedOrder, checkOrder, ORDER_MEMBERS, type OrderRules } from './order.ts';
export { createPasswordSealer } from './passwords.ts';
export { asRequestId, requestIdFromText } from './request-id.ts';
export { type MtsDeps, mtsRoutes } from './routes.ts';
