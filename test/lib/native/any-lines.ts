/** JSON Lines as programs and people write them, spelled in every way that JSON allows, and lines that are none. */
import fc from "fast-check";

export const NUMBERS = [
  "0",
  "-0",
  "7",
  "-12",
  "999999999999999",
  "9007199254740991",
  "9007199254740992",
  "9007199254740993",
  "-9223372036854775808",
  "9223372036854775808",
  "1".repeat(40),
  "1".repeat(1001),
  "0.5",
  "-0.0",
  "1.50",
  "12.25",
  "0.000001",
  "0.0000001",
  "123456789.12345678",
  "0.1234567890123456789",
  "0.10000000000000000000",
  "1.0",
  "1e0",
  "10e-1",
  "1e3",
  "1E+2",
  "1e20",
  "123e25",
  "1e99",
  "1e400",
  "-1e-400",
  "5e-324",
  "1.7976931348623157e308",
  "100000000000000000000",
  "1180591620717411303424",
];

export const TEXTS = [
  '""',
  '"a"',
  '"plain text"',
  '"é 😀 \u2028"',
  '"\\u00e9\\ud83d\\ude00"',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"\\u0000\\u001f\\u007f"',
  '"\u007f"',
  '"12"',
  '"-7.50"',
  '"true"',
  '"2024-02-29"',
  '"2024-02-30T10:00:00Z"',
  '"12:34:56.000001"',
  '"AP8="',
  '"1234567890123456"',
  `"${"long ".repeat(40)}"`,
  '" 5 "',
  '"NaN"',
];

const scalars = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...TEXTS),
  fc.constantFrom("true", "false", "null"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? "-0" : String(value))),
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text.toWellFormed())),
);

const space = fc.constantFrom("", "", "", "", " ", "\t", " \r ");
const NAMES = [
  '"a"',
  '"b"',
  '"id"',
  '"10"',
  '"9"',
  '"0"',
  '"01"',
  '"4294967294"',
  '"4294967295"',
  '"\\u0063"',
  '"é"',
  '""',
];
const names = fc.constantFrom(...NAMES, '"__proto__"', '"toString"', '"dativo.extra"', '"a b"', '"q\\"q"');

function objectOf(values: fc.Arbitrary<string>, name: fc.Arbitrary<string> = names): fc.Arbitrary<string> {
  const members = fc.uniqueArray(fc.tuple(name, values, space, space), {
    maxLength: 6,
    selector: ([spelled]) => JSON.parse(spelled),
  });
  return members.map((all) => `{${all.map(([key, value, a, b]) => `${a}${key}${b}:${a}${value}${b}`).join(",")}}`);
}

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: scalars, weight: 5 },
    { arbitrary: fc.array(tie("value"), { maxLength: 4 }).map((all) => `[${all.join(" , ")}]`), weight: 1 },
    { arbitrary: objectOf(tie("value")), weight: 1 },
  ),
}));

export const values: fc.Arbitrary<string> = value;

/** Objects, with names that come late now and then. */
export const objects: fc.Arbitrary<string> = objectOf(value);

/** What is no object, or no JSON. */
export const oddLines: fc.Arbitrary<Buffer> = fc.constantFrom(
  ...[
    "[1]",
    "null",
    "3",
    '"text"',
    "true",
    "{",
    '{"a":1',
    '{"a":1,}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":1e}',
    '{"a":-}',
    '{"a":tru}',
    '{"a":nul}',
    '{"a":NaN}',
    '{"a":"x}',
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    '{"a":"\t"}',
    "{'a':1}",
    "{a:1}",
    '{"a" 1}',
    '{"a":1}}',
    '{"a":1} x',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a":{"b":}}',
    "\ufeff{}",
    '{"a":1}\0',
    `{"a":${"[".repeat(100)}${"]".repeat(100)}}`,
    `{"a":${"[".repeat(5000)}`,
    `{"n":12345678901234567890,"a":[1,2,,]}`,
    `{"n":12345678901234567890 "a":1}`,
    `{"n":12345678901234567890,"a":"\n"}`,
    "\0".repeat(50),
  ].map((text) => Buffer.from(text)),
  Buffer.from('{"a":"\xff"}', "latin1"),
  Buffer.from([0xed, 0xa0, 0x80]),
);

/** `{"a":[[…]]}` just as deep as is read. */
const deepest = `{"a":${"[".repeat(99)}${"]".repeat(99)}}`;

/** Whole files of some thousand lines, which repeat the ones given. */
export const files: fc.Arbitrary<Buffer> = fc
  .record({
    mark: fc.constantFrom("", "", "\ufeff"),
    lines: fc.array(fc.oneof({ arbitrary: objects, weight: 9 }, { arbitrary: fc.constant(deepest), weight: 1 }), {
      minLength: 1,
      maxLength: 12,
    }),
    late: fc.array(
      fc.tuple(
        fc.nat(800),
        fc.oneof(
          objects.map((text) => Buffer.from(text)),
          oddLines,
        ),
      ),
      { maxLength: 6 },
    ),
    end: fc.constantFrom("\n", "\n", "\r\n", "\n\n", "\n \r\n"),
    count: fc.integer({ min: 1, max: 800 }),
    isEnded: fc.boolean(),
  })
  .map(({ mark, lines, late, end, count, isEnded }) => {
    const all: Uint8Array[] = Array.from({ length: count }, (_, i) => Buffer.from(lines[i % lines.length] as string));
    for (const [at, line] of late) all[at % count] = line;
    const whole = all.flatMap((line, i) => (i === all.length - 1 && !isEnded ? [line] : [line, Buffer.from(end)]));
    return Buffer.concat([Buffer.from(mark), ...whole]);
  });
