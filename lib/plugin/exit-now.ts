/** Ends the process at once, whatever the libraries of plugins are at. */
export async function exitNow(code: number): Promise<void> {
  try {
    const { exitNow: exit } = await import("../native/exit-now.ts");
    exit(code);
  } catch {
    // Where no library can be called, none is under way.
  }
  process.exit(code);
}
