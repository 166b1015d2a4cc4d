/**
 * Limits that a text is held to before anything is built of it.
 *
 * The lexer and the push parser do not recurse, so depth and entanglement are known while the text is still a flat
 * row of tokens; composing nodes of a hostile text is what costs memory and stack.
 */
import { CST, Lexer, LineCounter, Parser } from "yaml";

export const YAML_LIMITS = {
  /** Bytes of UTF-8. */
  bytes: 1024 * 1024,
  depth: 64,
  aliases: 100,
  anchors: 100,
  /** Lexical tokens; a contract of 10,000 fields has about 250,000. */
  tokens: 400_000,
} as const;

const CORE_TAGS: ReadonlySet<string> = new Set(
  ["str", "int", "float", "bool", "null", "seq", "map"].map((name) => `!!${name}`),
);

/** After so many errors a text is no YAML, and listing more helps nobody. */
const MAX_ERRORS = 50;

export interface Scanned {
  readonly tokens: CST.Token[];
  readonly lines: LineCounter;
  /** The first thing that is refused. */
  readonly refusal: Refusal | undefined;
}

export interface Refusal {
  readonly offset: number;
  readonly message: string;
  /** A limit is passed, as opposed to a feature of YAML that configurations do not use. */
  readonly limit: boolean;
}

export function scanYaml(text: string): Scanned {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  const inspect = inspector(parser);
  const take = taker(tokens);
  for (const lexeme of new Lexer().lex(text)) {
    const refusal = inspect(lexeme) ?? take(parser.next(lexeme));
    if (refusal) return { tokens, lines, refusal };
  }
  return { tokens, lines, refusal: take(parser.end()) };
}

/** Keeps what the parser hands out, up to a second document and as long as it looks like YAML. */
function taker(tokens: CST.Token[]): (from: Iterable<CST.Token>) => Refusal | undefined {
  let documents = 0;
  let errors = 0;
  return (from) => {
    for (const token of from) {
      if (token.type === "document" && ++documents > 1) {
        return { offset: token.offset, message: "a second document starts here; a file holds one", limit: false };
      }
      if (token.type === "error" && ++errors > MAX_ERRORS) {
        return { offset: token.offset, message: `not YAML: ${token.message}`, limit: false };
      }
      tokens.push(token);
    }
    return undefined;
  };
}

/** A check to run on each lexeme before the parser takes it. */
function inspector(parser: Parser): (lexeme: string) => Refusal | undefined {
  const seen = { tokens: 0, anchors: 0, aliases: 0 };
  let inScalar = false;
  const over = (what: string): Refusal => ({ offset: parser.offset, message: what, limit: true });
  const unused = (what: string): Refusal => ({ offset: parser.offset, message: what, limit: false });

  return (lexeme) => {
    if (++seen.tokens > YAML_LIMITS.tokens) return over(`more than ${YAML_LIMITS.tokens} tokens`);
    if (inScalar) {
      inScalar = false;
      return undefined;
    }
    inScalar = lexeme === CST.SCALAR;
    if (depthOf(parser) > YAML_LIMITS.depth) return over(`nested deeper than ${YAML_LIMITS.depth} levels`);
    switch (CST.tokenType(lexeme)) {
      case "anchor":
        return ++seen.anchors > YAML_LIMITS.anchors ? over(`more than ${YAML_LIMITS.anchors} anchors`) : undefined;
      case "alias":
        return ++seen.aliases > YAML_LIMITS.aliases ? over(`more than ${YAML_LIMITS.aliases} aliases`) : undefined;
      case "directive-line":
        return unused(`directives such as '${lexeme.slice(0, 20)}' are not used in configurations`);
      case "tag":
        return CORE_TAGS.has(lexeme)
          ? undefined
          : unused(`the tag '${lexeme.slice(0, 20)}' is not known; write the plain value`);
      default:
        return undefined;
    }
  };
}

/** Nested collections that are open now. The stack holds a few other tokens too, so it is counted only when tall. */
function depthOf({ stack }: Parser): number {
  return stack.length <= YAML_LIMITS.depth ? 0 : stack.filter((token) => "items" in token).length;
}
