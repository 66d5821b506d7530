import { killSessions } from './sessions.ts';

killSessions('edmi');
