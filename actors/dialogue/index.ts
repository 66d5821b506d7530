/** Dialogues with meters: one protocol each behind one face. */
import { outstationFault } from '../profile/index.ts';
import { CeweDialogue } from './cewe/index.ts';
import { type Dialogue, DialogueError, type DialogueSetup } from './dialogue.ts';
import { createDlmsDialogue } from './dlms/index.ts';
import { EdmiDialogue } from './edmi/index.ts';
import { ElsterDialogue } from './elster/index.ts';
import { EmliteDialogue } from './emlite/index.ts';

export { type ClockSample, type Dialogue, DialogueError, type DialogueSetup, type StepLimits } from './dialogue.ts';
export type { DialogueCodec, DialogueServices, MeterKeys } from './services.ts';

/** The dialogue of the profile. @throws DialogueError `config`: none is built for the type, or what was given does not fit it */
export function createDialogue(setup: DialogueSetup): Dialogue {
  const fault = outstationFault(setup.profile, setup.outstationAddress);
  if (fault !== undefined) throw new DialogueError('config', fault);
  switch (setup.profile.dialogue) {
    case 'elster':
      return new ElsterDialogue(setup);
    case 'cewe':
      return new CeweDialogue(setup);
    case 'edmi':
      return new EdmiDialogue(setup);
    case 'emlite':
      return new EmliteDialogue(setup);
    case 'dlms':
      return createDlmsDialogue(setup);
    case 'none':
      throw new DialogueError('config', `meterType: no dialogue is built for ${setup.profile.meterType}`);
  }
}
