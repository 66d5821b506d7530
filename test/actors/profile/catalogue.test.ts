import test from 'ava';
import { Value } from 'typebox/value';
import { createProfileCatalogue, type ProfilesOptions, ProfilesOptionsSchema } from '../../../actors/profile/index.ts';

const catalogue = (types: ProfilesOptions['types']) => createProfileCatalogue({ types });
const heldIn = (types: ProfilesOptions['types'], meterType: string, path: string) =>
  catalogue(types)
    .entries.find(({ profile }) => profile.meterType === meterType)
    ?.values.find((value) => value.path === path);

test('without configuration there are the ten types, as they are built in', (t) => {
  const { entries, find } = createProfileCatalogue(Value.Default(ProfilesOptionsSchema, {}) as ProfilesOptions);
  t.is(entries.length, 10);
  t.true(entries.every(({ origin }) => origin === 'built-in'));
  t.is(find('EDMIATLAS')?.dialogue, 'edmi');
  t.is(find('NOSUCH'), undefined);
});

test('configuration changes single members, however deep, and leaves their neighbours', (t) => {
  const changed = catalogue({ LG_DLMS: { dlms: { client: 16 }, timing: { retries: 2 } } });
  const profile = changed.find('LG_DLMS')!;
  t.deepEqual([profile.dlms?.client, profile.dlms?.serverUpper, profile.timing.retries, profile.timing.replyTimeoutMs], [16, 1, 2, 10_000]);
  t.is(changed.entries.find((entry) => entry.profile === profile)?.origin, 'changed');
  t.is(createProfileCatalogue().find('LG_DLMS')?.dlms?.client, 32);
});

test('lists are replaced, not merged', (t) => {
  t.deepEqual(catalogue({ LG_DLMS: { dlms: { wrapperPorts: [1] } } }).find('LG_DLMS')?.dlms?.wrapperPorts, [1]);
});

test('a value says what it rests on: its own mark, that of its group, or that it was configured', (t) => {
  t.is(heldIn({}, 'EDMIATLAS', 'edmi.wake')?.certainty, 'ours');
  t.is(heldIn({}, 'EDMIATLAS', 'edmi.sourceAddress')?.certainty, 'public');
  t.is(heldIn({ EDMIATLAS: { edmi: { wake: 'stx-etx' } } }, 'EDMIATLAS', 'edmi.wake')?.certainty, 'configured');
  t.is(heldIn({ EDMIATLAS: { edmi: { wake: 'stx-etx' } } }, 'EDMIATLAS', 'edmi.sourceAddress')?.certainty, 'public');
});

test('a new type may be based on a built-in one', (t) => {
  const added = catalogue({ MYMETER: { basedOn: 'ELSTERA1700', elster: { modeCharacter: '1' } } });
  const profile = added.find('MYMETER')!;
  t.deepEqual([profile.meterType, profile.title, profile.elster?.modeCharacter, profile.elster?.serialLength], ['MYMETER', 'MYMETER', '1', 16]);
  t.is(added.entries.at(-1)?.origin, 'added');
});

test('a new type may be given whole', (t) => {
  const { certainty: _, ...whole } = structuredClone(createProfileCatalogue().find('EDMIATLAS')!);
  const added = catalogue({ OTHER: { ...whole, meterType: 'OTHER' } });
  t.is(added.find('OTHER')?.dialogue, 'edmi');
  t.true(added.entries.at(-1)?.values.every(({ certainty }) => certainty === 'configured'));
});

test('profiles in force cannot be changed', (t) => {
  const profile = createProfileCatalogue().find('EDMIATLAS')!;
  t.throws(() => Object.assign(profile.timing, { retries: 99 }), { instanceOf: TypeError });
});

const faults: readonly (readonly [string, ProfilesOptions['types'], RegExp])[] = [
  ['a value out of range', { LG_DLMS: { dlms: { client: 400 } } }, /^profiles\.types\.LG_DLMS\.dlms\.client: must be <= 127, value 400$/],
  ['a word that is none of the choices', { LG_DLMS: { dlms: { framing: 'udp' } } }, /LG_DLMS\.dlms\.framing: must be one of hdlc, wrapper, auto, value "udp"/],
  ['a union', { LG_DLMS: { dlms: { addressOctets: 3 } } }, /dlms\.addressOctets: must be one of 1, 2, 4, value 3/],
  ['an unknown member', { EDMIATLAS: { edmi: { user: 'x' } } }, /EDMIATLAS\.edmi\.user: unknown member/],
  ['an unknown member at the top', { EDMIATLAS: { colour: 'red' } }, /EDMIATLAS\.colour: unknown member/],
  ['a member of another shape', { EDMIATLAS: { timing: 5 } }, /EDMIATLAS\.timing: must be object, value 5/],
  ['a pattern that is none', { EDMIATLAS: { outstation: { pattern: '(' } } }, /EDMIATLAS\.outstation\.pattern: must be a regular expression/],
  ['a dialogue without its section', { EDMIATLAS: { dialogue: 'elster' } }, /EDMIATLAS\.elster: must be given for dialogue elster/],
  ['a clock that cannot be set', { CEWEPRO: { timeUpdate: true } }, /CEWEPRO\.timeUpdate: must be false: dialogue cewe only reads/],
  ['a clock without a dialogue', { PREMIERPRI: { timeUpdate: true } }, /PREMIERPRI\.timeUpdate: must be false/],
  ['another name inside', { EDMIATLAS: { meterType: 'OTHER' } }, /EDMIATLAS\.meterType: must be the name of its entry, value "OTHER"/],
  ['a new type with members missing', { OTHER: { dialogue: 'edmi' } }, /^profiles\.types\.OTHER\.[a-z]+: must be given$/i],
  ['a base that is none', { OTHER: { basedOn: 'NOSUCH' } }, /OTHER\.basedOn: must be a built-in type, value "NOSUCH"/],
  ['a base for a built-in type', { EDMIATLAS: { basedOn: 'CEWEPRO' } }, /EDMIATLAS\.basedOn: only for a new type/],
  ['a name that is none', { 'my meter': { basedOn: 'CEWEPRO' } }, /profiles\.types\.my meter/],
  ['a member that would reach a prototype', JSON.parse('{"EDMIATLAS":{"__proto__":{"timeUpdate":false}}}'), /EDMIATLAS\.__proto__: unknown member/],
];
for (const [what, types, message] of faults) {
  test(`the start is refused for ${what}, with the member named`, (t) => {
    t.throws(() => catalogue(types), { code: 'config_invalid', message });
  });
}
