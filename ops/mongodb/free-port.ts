export { freePort } from '../node/free-ports.ts';
