/** Why a pattern cannot be used; undefined when it can. */
export async function patternFault(pattern: string): Promise<string | undefined> {
  const { RE2JS } = await import("re2js");
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (cause) {
    const why = (cause as Error).message;
    return `cannot be used: ${why}; patterns are RE2 syntax: no look-around and no back references`;
  }
}
