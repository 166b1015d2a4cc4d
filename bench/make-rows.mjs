// A seeded generator of ten mixed columns as CSV: the same rows for the same seed, on every machine.
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";

const HEADER = "id,account,country,amount,price,active,born,seen_at,note,code";

/** The contract of the rows: types, required fields, one enum, one pattern, one range. */
export const SCHEMA = [
  { name: "id", type: "integer", required: true },
  { name: "account", type: "string", required: true, pattern: "^AC[0-9]{8}$" },
  { name: "country", type: "string", required: true, enum: ["DE", "FR", "US", "JP", "BR"] },
  { name: "amount", type: "decimal(12,2)" },
  { name: "price", type: "double", minimum: 0 },
  { name: "active", type: "boolean" },
  { name: "born", type: "date" },
  { name: "seen_at", type: "timestamp" },
  { name: "note", type: "string" },
  { name: "code", type: "integer" },
];

/** Writes `rows` records to a file. */
export async function makeRows(path, rows, seed = 1) {
  const file = createWriteStream(path, { highWaterMark: 1 << 20 });
  const next = random(seed);
  let text = `${HEADER}\n`;
  for (let row = 0; row < rows; row++) {
    text += line(row, next);
    if (text.length < 1 << 20) continue;
    if (!file.write(text)) await once(file, "drain");
    text = "";
  }
  file.end(text);
  await finished(file);
}

const COUNTRIES = ["DE", "FR", "US", "JP", "BR"];
const WORDS = ["quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog"];

function line(row, next) {
  const bits = next();
  const account = `AC${String(bits % 100_000_000).padStart(8, "0")}`;
  const amount = bits % 10 === 0 ? "" : ((bits % 1_000_000) / 100).toFixed(2);
  const price = (next() / 4_294_967_296) * 1000;
  const born = `${1950 + (bits % 60)}-${two(1 + (bits % 12))}-${two(1 + (bits % 28))}`;
  const seen = `2024-${two(1 + (bits % 12))}-${two(1 + (bits % 28))} ${two(bits % 24)}:${two(bits % 60)}:${two((bits >>> 8) % 60)}`;
  const note =
    bits % 20 === 0
      ? `"${WORDS[bits % 8]}, ""${WORDS[(bits >>> 3) % 8]}"""`
      : `${WORDS[bits % 8]} ${WORDS[(bits >>> 3) % 8]}`;
  return `${row},${account},${COUNTRIES[bits % 5]},${amount},${price},${bits % 2 === 0},${born},${seen},${note},${bits % 4 === 0 ? "" : bits}\n`;
}

function two(value) {
  return value < 10 ? `0${value}` : String(value);
}

/** Mulberry32: 32 random bits a call. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
