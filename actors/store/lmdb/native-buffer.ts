/** Buffer's methods per encoding: there since Node 4, left out of its types. They save the choice of encoding twenty times per document. */
declare global {
  interface Buffer {
    latin1Write(text: string, offset: number): number;
    latin1Slice(start: number, end: number): string;
    utf8Write(text: string, offset: number): number;
    utf8Slice(start: number, end: number): string;
  }
}

export {};
