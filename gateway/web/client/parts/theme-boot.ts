/** Runs before the first paint, and alone: it imports nothing, so that it can stand in the page's head. */
try {
  const kept = localStorage.getItem('mw-theme');
  if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept;
} catch {
  // Nothing can be kept in this browser: the system's choice it is.
}
