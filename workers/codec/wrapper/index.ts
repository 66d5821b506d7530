export { decodeWrapperFrame, encodeWrapperFrame, WRAPPER_HEADER, WRAPPER_MOST, type WrapperFrame, type WrapperOptions } from './frame.ts';
export { WrapperLink, type WrapperLinkEvent, type WrapperLinkOptions } from './link.ts';
export { type WrapperServerCommand, type WrapperServerEvent, WrapperServerLink, type WrapperServerLinkOptions } from './server-link.ts';
export { WrapperStream, type WrapperStreamOptions } from './stream.ts';
