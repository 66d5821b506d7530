export { AGENT_COLUMNS, parseAgents } from './agents.ts';
export { MAX_LINE_BYTES } from './lines.ts';
export { MPAN_COLUMNS, type MpanLine, type ParseMpansOptions, parseMpans } from './mpans.ts';
export type { ImportFormat, Parsed, Refusal } from './records.ts';
