import { DativoError } from "../../lib/contract/errors.ts";

/** A condition on a record. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly inner: Condition }
  | { readonly kind: "isNull"; readonly field: string }
  | { readonly kind: "in"; readonly field: string; readonly values: readonly Literal[] }
  | { readonly kind: "compare"; readonly field: string; readonly operator: Operator; readonly value: Literal };

/** Numbers keep their digits: they are compared exactly. */
export type Literal =
  | { readonly kind: "number" | "text"; readonly text: string }
  | { readonly kind: "boolean"; readonly value: boolean };

export const OPERATORS = ["==", "!=", "<=", ">=", "<", ">"] as const;
export type Operator = (typeof OPERATORS)[number];

interface Token {
  readonly kind: "name" | "quotedName" | "number" | "text" | "sign" | "end";
  readonly text: string;
  readonly at: number;
}

const TOKENS =
  /\s*(?:(?<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4})?(?![\w.]))|'(?<text>(?:[^']|'')*)'|"(?<quotedName>(?:[^"]|"")*)"|(?<name>[\p{L}_][\p{L}\p{N}_.]*)|(?<sign>==|!=|<>|<=|>=|[=<>(),]))/uy;

/**
 * Parses a condition: `amount >= 10.5 and (city == 'Rome' or city is null) and not status in ('new', 'old')`.
 *
 * Fields are names, or any text in double quotes; text stands in single quotes. `not` binds before `and`, `and` before
 * `or`. There are no functions and nothing is run.
 *
 * @throws DativoError DTV_OPTION_INVALID that points at the place
 */
export function parseWhere(source: string): Condition {
  return new Parser(source).parse();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  parse(): Condition {
    const condition = this.#or();
    if (this.#peek.kind !== "end") throw this.#unexpected("'and', 'or' or the end");
    return condition;
  }

  #or(): Condition {
    let left = this.#and();
    while (this.#takeWord("or")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Condition {
    let left = this.#not();
    while (this.#takeWord("and")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Condition {
    if (this.#takeWord("not")) return { kind: "not", inner: this.#not() };
    if (!this.#takeSign("(")) return this.#comparison();
    const inner = this.#or();
    this.#expectSign(")");
    return inner;
  }

  #comparison(): Condition {
    const token = this.#peek;
    if (token.kind !== "name" && token.kind !== "quotedName") throw this.#unexpected("the name of a field");
    this.#at++;
    const field = token.text;
    if (this.#takeWord("is")) {
      const isNegated = this.#takeWord("not");
      if (!this.#takeWord("null")) throw this.#unexpected("'null'");
      const isNull: Condition = { kind: "isNull", field };
      return isNegated ? { kind: "not", inner: isNull } : isNull;
    }
    if (this.#takeWord("in")) return { kind: "in", field, values: this.#list() };
    const operator = this.#operator();
    return { kind: "compare", field, operator, value: this.#literal() };
  }

  #list(): Literal[] {
    this.#expectSign("(");
    const values = [this.#literal()];
    while (this.#takeSign(",")) values.push(this.#literal());
    this.#expectSign(")");
    return values;
  }

  #operator(): Operator {
    const { kind, text } = this.#peek;
    const known = text === "=" ? "==" : text === "<>" ? "!=" : text;
    if (kind !== "sign" || !OPERATORS.includes(known as Operator))
      throw this.#unexpected("==, !=, <, <=, >, >=, is or in");
    this.#at++;
    return known as Operator;
  }

  #literal(): Literal {
    const { kind, text } = this.#peek;
    if (kind === "number" || kind === "text") {
      this.#at++;
      return { kind, text };
    }
    if (this.#takeWord("true")) return { kind: "boolean", value: true };
    if (this.#takeWord("false")) return { kind: "boolean", value: false };
    throw this.#unexpected("a number, a text in single quotes, true or false");
  }

  get #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #takeWord(word: string): boolean {
    const { kind, text } = this.#peek;
    if (kind !== "name" || text.toLowerCase() !== word) return false;
    this.#at++;
    return true;
  }

  #takeSign(sign: string): boolean {
    const { kind, text } = this.#peek;
    if (kind !== "sign" || text !== sign) return false;
    this.#at++;
    return true;
  }

  #expectSign(sign: string): void {
    if (!this.#takeSign(sign)) throw this.#unexpected(`'${sign}'`);
  }

  #unexpected(wanted: string): DativoError {
    const { kind, text, at } = this.#peek;
    const found = kind === "end" ? "the end" : `'${text}'`;
    return whereFault(this.#source, at, `${wanted} was expected, and ${found} stands there`);
  }
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  TOKENS.lastIndex = 0;
  for (let at = 0; source.slice(at).trim() !== ""; at = TOKENS.lastIndex) {
    const match = TOKENS.exec(source);
    if (!match?.groups) throw whereFault(source, at, "this cannot be read");
    const [kind, text] = Object.entries(match.groups).find(([, found]) => found !== undefined) as [
      Token["kind"],
      string,
    ];
    const quote = kind === "text" ? "'" : '"';
    const isQuoted = kind === "text" || kind === "quotedName";
    const start = match.index + match[0].length - match[0].trimStart().length;
    tokens.push({ kind, text: isQuoted ? text.replaceAll(quote + quote, quote) : text, at: start });
  }
  return [...tokens, { kind: "end", text: "", at: source.length }];
}

function whereFault(source: string, at: number, what: string): DativoError {
  return new DativoError(
    "DTV_OPTION_INVALID",
    `where, character ${at + 1}: ${what}\n  ${source}\n  ${" ".repeat(at)}^`,
    {
      culprit: "where",
      hint: "For example: --where \"amount >= 10 and city == 'Rome'\"",
    },
  );
}
