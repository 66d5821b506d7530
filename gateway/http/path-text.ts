/** A part of a path as text; one that is encoded badly is taken as it is written, and is then the name of nothing. */
export function pathText(part: string | undefined): string {
  const text = part ?? '';
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
