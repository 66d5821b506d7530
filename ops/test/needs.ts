/** Tests that need something a machine may lack (a compiler, a browser). */

/**
 * How to declare a test that needs `name`. At hand (`missing` undefined): as it is. Missing: skipped, with the reason in its title;
 * but a failure if `MW_REQUIRE` (a comma separated list) names it.
 */
export function needs<F extends (title: string, implementation: never) => void>(
  test: F & { skip: (title: string, implementation: never) => void },
  name: string,
  missing: string | undefined,
  required: string | undefined = process.env.MW_REQUIRE,
): (title: string, implementation: Parameters<F>[1]) => void {
  if (missing === undefined) return (title, implementation) => test(title, implementation as never);
  if (required?.split(',').some((word) => word.trim() === name)) throw new Error(`MW_REQUIRE names '${name}', which is missing: ${missing}`);
  return (title, implementation) => test.skip(`${title} (needs ${name}: ${missing})`, implementation as never);
}
