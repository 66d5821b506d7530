export { type Child, type ChildSpec, onPipeEnd, startChild } from './child.ts';
export { type Connect, ConnectSchema, connectFile, NotRunningError, readConnect, removeConnect, writeConnect } from './connect-file.ts';
export { readJson, writeWhole } from './files.ts';
export { endProcess, gone, identify, isRunning, type ProcessIdentity, signal } from './identity.ts';
export { realClock, realIds, realRandom } from './ports.ts';
export { type ChildRecord, RunFile } from './run-file.ts';
