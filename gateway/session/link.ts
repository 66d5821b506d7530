/** The address that signs in once: the secret is in the fragment, which a browser sends to nobody. */
export function signInAddress(baseUrl: string, link: string): string {
  return `${baseUrl}/extras/mts-api#link=${link}`;
}
