import test from 'ava';
import { openLmdb } from '../../support/store/lmdb.ts';
import { queriesContract } from './queries-contract.ts';

queriesContract(test, openLmdb);
