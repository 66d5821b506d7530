/** Calls go to this engine only, and never with a cookie: they have the key or token that was entered here, and nothing else. */
const fetchPlainly = (/** @type {string | URL | Request} */ input, /** @type {RequestInit | undefined} */ init) =>
  fetch(input, { ...init, credentials: 'omit' });

const { Scalar } = /** @type {any} */ (globalThis);

Scalar.createApiReference('#docs', {
  sources: [
    { title: 'HTTP interfaces', slug: 'http', url: '/openapi.json', default: true, agent: { disabled: true } },
    { title: 'Events', slug: 'events', url: '/asyncapi.json', agent: { disabled: true } },
  ],
  theme: 'default',
  customFetch: fetchPlainly,
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  persistAuth: false,
  documentDownloadType: 'direct',
  hiddenClients: [],
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
});
