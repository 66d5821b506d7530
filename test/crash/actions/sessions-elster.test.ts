import { killSessions } from './sessions.ts';

killSessions('elster');
