import { mongodbMissing, mongodbTest, openMongodb } from '../../support/mongodb.ts';
import { storeContract } from './contract.ts';

if (mongodbMissing === undefined) storeContract(openMongodb);
else mongodbTest('the contract of the store on MongoDB', (t) => void t.pass());
