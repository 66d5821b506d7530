/** A part of a path as text; one that is encoded badly is empty, which is the name of nothing. */
export function pathText(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '');
  } catch {
    return '';
  }
}
