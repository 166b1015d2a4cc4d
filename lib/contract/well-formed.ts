/** Whether text is free of lone surrogates: TextEncoder writes each of them as U+FFFD without a word. */
export function isWellFormed(text: string): boolean {
  // Every Node that is supported has the method; the language version of the compiler does not name it yet.
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed();
}
