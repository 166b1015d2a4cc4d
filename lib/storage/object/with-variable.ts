/** Makes something while a variable of this process has another value, or none: some clients look there and nowhere else. */
export function withVariable<T>(name: string, value: string | undefined, make: () => T): T {
  const before = process.env[name];
  set(name, value);
  try {
    return make();
  } finally {
    set(name, before);
  }
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
