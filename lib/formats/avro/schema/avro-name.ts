/** Letters, digits and underscores, a digit not first (Avro specification, "Names"). */
const ALLOWED = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A name that Avro allows: what it does not becomes the number of its character, `a b` is `a_x20b`. */
export function toAvroName(name: string): string {
  if (ALLOWED.test(name)) return name;
  const spelt = name.replace(/[^A-Za-z0-9_]/gu, (character) => `_x${character.codePointAt(0)?.toString(16)}`);
  return /^[A-Za-z_]/.test(spelt) ? spelt : `_${spelt}`;
}

/** Names that Avro allows, one for each and all different. */
export function toAvroNames(names: readonly string[]): string[] {
  // A name that is allowed stays what it is, also where another one would become the same.
  const taken = new Set(names.filter((name) => ALLOWED.test(name)));
  return names.map((name) => {
    if (ALLOWED.test(name)) return name;
    let made = toAvroName(name);
    while (taken.has(made)) made += "_";
    taken.add(made);
    return made;
  });
}
