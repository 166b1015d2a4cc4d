/** The types of the ten mixed columns that a script's rows have. */
export const ROW_TYPES = {
  id: "integer",
  name: "string",
  email: "string",
  price: "double",
  paid: "boolean",
  day: "date",
  at: "timestamptz",
  note: "string",
  count: "integer",
  gap: "integer",
};

/** The source text of a function that makes one of them. */
export const ROW_SOURCE = `const row = (id) => ({
  id, name: "name of " + id, email: "user" + id + "@example.com", price: id * 1.25, paid: id % 3 === 0,
  day: "2024-02-29", at: new Date(1.7e12 + id), note: "some words about record number " + id, count: id % 1000,
  gap: id % 5 === 0 ? null : id % 97,
});
`;

/** Rows in an array that a script yields. */
export const YIELDED_ROWS = 2000;

/** An asset's text of fields by their types. */
export function assetText(name, types, more = {}) {
  const schema = Object.entries(types).map(([field, type]) => ({ name: field, type, ...more[field] }));
  return JSON.stringify({ name, version: "1.0.0", schema });
}
