export { DEFAULT_PAD_SETTINGS, longestPadHangUpMs, PaknetPad, type PaknetPadSettings } from './pad.ts';
