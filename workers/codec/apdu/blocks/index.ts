export { ActionSender, type ActionStep, type WholeAction } from './action.ts';
export { type ActionArrival, ActionReceiver } from './action-server.ts';
export { BlockCutter } from './cutter.ts';
export { BlockGatherer, type Gathered, MAX_EMPTY_BLOCKS } from './gatherer.ts';
export { type GetAnswer, GetReceiver, type GetReceiverOptions, GetSender, type GetStep } from './get.ts';
export { ACTION_ANSWERS, decodeJoined, encodeJoined, GET_ANSWERS, type JoinedForm, READ_ANSWERS, VALUES } from './joined.ts';
export { type ReadAnswer, ReadReceiver, type ReadReceiverOptions, ReadSender, type ReadStep } from './read.ts';
export { type SetArrival, SetReceiver, SetSender, type SetStep, type WholeSet } from './set.ts';
