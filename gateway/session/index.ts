/** Signing in by a page: cookie, rules about origins, routes. */
export { clearSession, SESSION_COOKIE, sessionSecret, setSession } from './cookie.ts';
export { signInAddress } from './link.ts';
export { isOwnOrigin } from './origin.ts';
export { type SignInDeps, sessionRoutes } from './routes.ts';
