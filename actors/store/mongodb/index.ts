export { type MongoStorePorts, openMongoStore } from './open.ts';
