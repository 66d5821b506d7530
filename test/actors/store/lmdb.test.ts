import { openLmdb } from '../../support/store/lmdb.ts';
import { storeContract } from './contract.ts';

storeContract(openLmdb);
