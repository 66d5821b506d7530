import { killSessions } from './sessions.ts';

killSessions('dlms ciphered');
