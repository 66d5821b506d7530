/**
 * The codecs as a library: everything that a meter says or is told, as pure functions and small state machines over octets.
 * One name for each protocol, and the words that all of them share. `docs/codecs.md` shows how they are used.
 */
export * as apdu from './apdu/index.ts';
export * as cewe from './cewe/index.ts';
export * from './common/index.ts';
export * as data from './data/index.ts';
export * as edmi from './edmi/index.ts';
export * as elster from './elster/index.ts';
export * as emlite from './emlite/index.ts';
export * as hdlc from './hdlc/index.ts';
export * as iec62056 from './iec62056-21/index.ts';
export * as security from './security/index.ts';
export * as wrapper from './wrapper/index.ts';
