export { type CodedText, codesDisagree, isHidden, namesService, outcomeCode, splitCode } from './codes.ts';
export { kindOf, type MessageKind } from './kinds.ts';
export type * from './message.ts';
