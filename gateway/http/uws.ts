/**
 * The one place that loads uWebSockets.js. The library reads its limit on request heads from the process's environment when
 * it is loaded, so the limit must be set first and cannot be changed afterwards. (A worker thread's environment is a copy
 * that the library does not see; there its own limit of 4 KiB stays.)
 */
export type { HttpRequest as UwsRequest, HttpResponse as UwsResponse, TemplatedApp, us_listen_socket as ListenSocket } from 'uWebSockets.js';

type Uws = typeof import('uWebSockets.js');

let loaded: Promise<Uws> | undefined;

/** Load the library with `maxHeaderBytes` as its limit on request heads; only the first call's value counts. */
export function loadUws(maxHeaderBytes: number): Promise<Uws> {
  if (!loaded) {
    process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(maxHeaderBytes);
    loaded = import('uWebSockets.js');
  }
  return loaded;
}
