/** The pages that set-up has built, for the gateway. */
import type { Log } from '../../actors/engine/index.ts';
import { loadSite, type Site } from '../../gateway/web/site.ts';
import { cacheFolder, PROJECT } from '../bootstrap/paths.mjs';
import { webFolder } from '../bootstrap/web.mjs';

/** Undefined where they are not built: an engine without pages is still an engine. */
export function openSite(log: Log): Site | undefined {
  try {
    return loadSite(webFolder(PROJECT, cacheFolder(PROJECT, process.env)));
  } catch (error) {
    log.warn({ err: error }, 'there are no pages; `npm start` builds them');
    return undefined;
  }
}
