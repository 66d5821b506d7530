import { mongodbTest, openMongodb } from '../../support/mongodb.ts';
import { queriesContract } from './queries-contract.ts';

queriesContract(mongodbTest, openMongodb);
