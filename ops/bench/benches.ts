/** All benches, in the order in which they run. */
import { actionPost } from './action-post.ts';
import { appoint } from './appoint.ts';
import { appointMongodb } from './appoint-mongodb.ts';
import { authenticate } from './authenticate.ts';
import { codec } from './codec.ts';
import { fanout } from './fanout.ts';
import { flow } from './flow.ts';
import { gcm } from './gcm.ts';
import { growth } from './growth.ts';
import { outage } from './outage.ts';
import { overnight } from './overnight.ts';
import { pending } from './pending.ts';
import { pool } from './pool.ts';
import { poolLatency } from './pool-latency.ts';
import { queries } from './queries.ts';
import type { Bench } from './report.ts';
import { rolling } from './rolling.ts';
import { route } from './route.ts';
import { scale } from './scale.ts';
import { sessions } from './sessions.ts';
import { slow } from './slow.ts';
import { sockets } from './sockets.ts';
import { step } from './step.ts';
import { takeover } from './takeover.ts';

export const benches: readonly Bench[] = [
  appoint,
  flow,
  step,
  pending,
  growth,
  queries,
  authenticate,
  outage,
  sessions,
  overnight,
  actionPost,
  codec,
  gcm,
  pool,
  poolLatency,
  route,
  appointMongodb,
  takeover,
  rolling,
  scale,
  fanout,
  sockets,
  slow,
];
