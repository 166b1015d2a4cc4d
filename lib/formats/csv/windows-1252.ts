/** What windows-1252 has at 0x80 to 0x9f, where latin1 has control characters; blanks stand for bytes without meaning. */
const SPECIAL = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";
const FIRST = 0x80;

const CODE_OF = new Map([...SPECIAL].map((character, i) => [character, FIRST + i] as const));
CODE_OF.delete(" ");

const NAMED = [...CODE_OF.keys()].join("");
const TO_BYTES = new RegExp(`[${NAMED}]`, "g");
const FROM_BYTES = /[\x80-\x9f]/g;

/**
 * The encoding in between: `latin1` text whose characters are the bytes. The five bytes without meaning are refused, not
 * read as control characters: they tell that a file is in another encoding.
 */
export const WINDOWS_1252 = {
  lacking: new RegExp(`[^\\0-\\x7f\\xa0-\\xff${NAMED}]`, "u"),
  encode: (text: string): Buffer =>
    Buffer.from(
      text.replace(TO_BYTES, (character) => String.fromCharCode(CODE_OF.get(character) as number)),
      "latin1",
    ),
  decode: (bytes: Buffer): string =>
    bytes.toString("latin1").replace(FROM_BYTES, (character) => SPECIAL[character.charCodeAt(0) - FIRST] as string),
  isValid: (bytes: Uint8Array): boolean => !MEANINGLESS.some((byte) => bytes.includes(byte)),
};

const MEANINGLESS = [...SPECIAL].flatMap((character, i) => (character === " " ? [FIRST + i] : []));
