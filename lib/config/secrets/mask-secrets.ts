/** Shorter values are too common in ordinary text to be hidden everywhere. */
const SHORTEST = 6;
const MASK = "***";

/** Of the whole process: a secret of one job must not show in the log line of another either. */
const forms = new Set<string>();
let pattern: RegExp | undefined;

/** From now on {@link maskSecrets} hides this value in all its spellings. Values under 6 characters are left out. */
export function registerSecret(value: string): void {
  for (const part of partsOf(value)) {
    if ([...part].length < SHORTEST) continue;
    for (const form of spellings(part)) forms.add(form);
  }
  pattern = undefined;
}

/**
 * Text without the secrets that were registered (plain, URL-encoded, base64, JSON-escaped) and without the user
 * part of URLs.
 */
export function maskSecrets(text: string): string {
  pattern ??= compile(forms);
  return text.replace(pattern, MASK).replace(USER_OF_URL, `$1${MASK}@`);
}

const USER_OF_URL = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'<>]+@/gi;

/** A private key shows up line by line as often as whole. */
function partsOf(value: string): string[] {
  return value.includes("\n") ? [value, value.trim(), ...value.split("\n").map((line) => line.trim())] : [value];
}

function spellings(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(value);
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    ...[url, strictUrl(url), new URLSearchParams([["", value]]).toString().slice(1)].flatMap((form) => [
      form,
      form.replace(/%[0-9A-F]{2}/g, (percent) => percent.toLowerCase()),
    ]),
    ...base64Forms(value),
  ];
}

/** Many clients also escape the five characters that encodeURIComponent leaves. */
function strictUrl(encoded: string): string {
  return encoded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Base64 of the value on its own, and the part of it that stands whatever comes before and after, at each of the
 * three places a byte can have in a group (`user:password` in an Authorization header).
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const alone = bytes.toString("base64");
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const firstWhole = Math.ceil((before * 8) / 6);
    const lastWhole = Math.floor(((before + bytes.length) * 8) / 6);
    return encoded.slice(firstWhole, lastWhole);
  });
  return [alone, ...inside].flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}

function compile(all: ReadonlySet<string>): RegExp {
  if (all.size === 0) return /(?!)/g;
  const longestFirst = [...all].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
}
