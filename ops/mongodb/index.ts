export { type MongodbFolders, mongodbFolders } from './folders.ts';
export { MongodbSetupError, type MongodbUnavailable } from './result.ts';
export { type MongodbServer, type MongodbServerSetup, startMongodb } from './server.ts';
export { type MongodbSetup, presentMongodb, setUpMongodb } from './setup.ts';
