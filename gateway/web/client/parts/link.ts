/**
 * The secret of a sign-in link, `…#link=SECRET`. It is taken out of the address bar, and so out of the history, before anything else is
 * done with it.
 */
export function takeLink(): string | undefined {
  const link = new URLSearchParams(location.hash.slice(1)).get('link');
  if (link === null) return undefined;
  history.replaceState(null, '', location.pathname + location.search);
  return link === '' ? undefined : link;
}
