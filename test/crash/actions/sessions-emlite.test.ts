import { killSessions } from './sessions.ts';

killSessions('emlite');
