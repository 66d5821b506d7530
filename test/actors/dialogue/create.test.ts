import test from 'ava';
import { DialogueError } from '../../../actors/dialogue/index.ts';
import { startPeer } from '../../support/link/peer.ts';
import { profileOf, talkTo } from './scripted.ts';

test('every type with a dialogue gets one', async (t) => {
  const { port } = await startPeer(t);
  for (const meterType of ['ELSTERA1700', 'ELSTERA1140', 'ELSTERAS230', 'EDMIATLAS', 'EMLITECOP10', 'ISKRA_MX37X', 'LG_DLMS', 'CEWEPRO100', 'CEWEPRO']) {
    const { dialogue } = await talkTo(t, port, profileOf(meterType), { password: '12345678' });
    t.is(typeof dialogue.readClock, 'function', meterType);
  }
});

test('a type without a dialogue is refused', async (t) => {
  const { port } = await startPeer(t);
  const refused = await t.throwsAsync(talkTo(t, port, profileOf('PREMIERPRI')), { instanceOf: DialogueError });
  t.is(refused instanceof DialogueError && refused.class, 'config');
});

test('an outstation address that does not fit the type is refused before anything is sent', async (t) => {
  const { port } = await startPeer(t);
  await t.throwsAsync(talkTo(t, port, profileOf('ELSTERA1140'), { outstationAddress: '999', password: '12345678' }), { message: /outstationAddress must/ });
});
