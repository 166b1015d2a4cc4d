/**
 * What a plugin gets when it imports this package: the running copy of it. The door is imported lazily, since it
 * stands above this room; the architecture test names this file as the one place that looks up.
 */
export async function hostModules(): Promise<Record<string, unknown>> {
  const [door, testing] = await Promise.all([import("../index.ts"), import("../testing/index.ts")]);
  return { "dativo-ingest": door, "dativo-ingest/testing": testing };
}
