//! Patterns in RE2 syntax, run by the regex crate.
//!
//! The two agree on nearly everything but on what `\d \w \s \b` mean beyond ASCII, on what may stand in brackets, and
//! on a few escapes. What differs is spelled out; what cannot be is refused, and the host then runs the pattern.

use crate::sequence::Sequence;
use crate::shift::Shift;
pub use crate::walk::LANES;
use crate::walk::Walk;
use regex::Regex;

/// A pattern that is searched for in text.
#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    engine: Engine,
}

/// The simplest way to find a pattern that there is.
#[derive(Debug)]
enum Engine {
    /// What most contracts have needs no automaton.
    Sequence(Box<Sequence>),
    Shift(Shift),
    Walk(Box<Walk>),
    /// For patterns with many states.
    Regex,
}

impl Pattern {
    /// Whether it is found anywhere in a text, which is valid UTF-8.
    #[inline]
    pub fn is_in(&self, text: &[u8]) -> bool {
        match &self.engine {
            Engine::Sequence(sequence) => sequence.is_in(text),
            Engine::Shift(shift) => shift.is_in(text),
            Engine::Walk(walk) => walk.is_in(text),
            Engine::Regex => self.is_in_slowly(text),
        }
    }

    /// The same for several texts at once.
    #[inline]
    pub fn are_in(&self, texts: [&[u8]; LANES]) -> [bool; LANES] {
        match &self.engine {
            Engine::Walk(walk) => walk.are_in(texts),
            _ => texts.map(|text| self.is_in(text)),
        }
    }

    #[cold]
    fn is_in_slowly(&self, text: &[u8]) -> bool {
        std::str::from_utf8(text).is_ok_and(|text| self.regex.is_match(text))
    }
}

/// A pattern in the syntax of RE2, ready to be searched for.
pub fn compile(source: &str) -> Result<Pattern, String> {
    let translated = translate(source)?;
    let regex =
        Regex::new(&translated).map_err(|cause| format!("the pattern {source} is not run natively: {cause}"))?;
    Ok(Pattern { regex, engine: Engine::of(&translated) })
}

impl Engine {
    fn of(pattern: &str) -> Self {
        if let Some(sequence) = Sequence::of(pattern) {
            return Self::Sequence(Box::new(sequence));
        }
        let Some(walk) = Walk::of(pattern) else {
            return Self::Regex;
        };
        Shift::of(&walk).map_or_else(|| Self::Walk(Box::new(walk)), Self::Shift)
    }
}

/// The same pattern in the syntax of the regex crate.
///
/// # Errors
/// A sentence about what only RE2 has.
pub fn translate(source: &str) -> Result<String, String> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let used = match first {
            '\\' => escape(rest, false, &mut out)?,
            '[' => class(rest, &mut out)?,
            // Only a well-formed count repeats; any other brace is one.
            '{' if !is_count(rest) => literal("\\{", 1, &mut out),
            '(' if rest.starts_with("(?") => group(rest, &mut out)?,
            other => literal(&rest[..other.len_utf8()], other.len_utf8(), &mut out),
        };
        rest = &rest[used..];
    }
    Ok(out)
}

fn literal(text: &str, used: usize, out: &mut String) -> usize {
    out.push_str(text);
    used
}

/// The escape at the start of `rest`; returns how much of it was used.
fn escape(rest: &str, in_class: bool, out: &mut String) -> Result<usize, String> {
    let Some(letter) = rest[1..].chars().next() else {
        return Err("it ends in a backslash".to_owned());
    };
    let used = 1 + letter.len_utf8();
    let ascii = match letter {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => "[\\t\\n\\f\\r ]",
        'S' => "[^\\t\\n\\f\\r ]",
        'b' if !in_class => "(?-u:\\b)",
        'B' if !in_class => "(?-u:\\B)",
        // The regex crate takes these for the edges of words.
        '<' => "<",
        '>' => ">",
        'x' | 'p' | 'P' if rest[used..].starts_with('{') => {
            let used = rest.find('}').ok_or("a brace is not closed")? + 1;
            return Ok(literal(&rest[..used], used, out));
        }
        'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'A' | 'z' | 'x' | 'p' | 'P' => {
            return Ok(literal(&rest[..used], used, out));
        }
        'Q' if !in_class => return Ok(quotation(rest, out)),
        other if other.is_ascii_punctuation() => {
            out.push_str(&regex::escape(&rest[1..used]));
            return Ok(used);
        }
        other => return Err(format!("\\{other} is not run natively")),
    };
    Ok(literal(ascii, used, out))
}

/// `\Q…\E`: everything between is literal.
fn quotation(rest: &str, out: &mut String) -> usize {
    let inside = &rest[2..];
    let (text, used) = inside.split_once("\\E").map_or((inside, rest.len()), |(text, _)| (text, text.len() + 4));
    out.push_str(&regex::escape(text));
    used
}

/// A bracketed class. In RE2 a bracket inside is a character, unless it names a class, and `&&`, `--`, `~~` mean nothing.
fn class(rest: &str, out: &mut String) -> Result<usize, String> {
    let mut at = 1;
    out.push('[');
    if rest[at..].starts_with('^') {
        out.push('^');
        at += 1;
    }
    let first = at;
    while let Some(next) = rest[at..].chars().next() {
        at += match next {
            ']' if at > first => {
                out.push(']');
                return Ok(at + 1);
            }
            '\\' => escape(&rest[at..], true, out)?,
            '[' if rest[at..].starts_with("[:") && rest[at..].contains(":]") => {
                let length = rest[at..].find(":]").unwrap_or(0) + 2;
                literal(&rest[at..at + length], length, out)
            }
            '[' | ']' | '&' | '~' => {
                out.push('\\');
                literal(&rest[at..at + 1], 1, out)
            }
            '-' if rest[at..].starts_with("--") => {
                return Err("-- in brackets is not run natively".to_owned());
            }
            other => literal(&rest[at..at + other.len_utf8()], other.len_utf8(), out),
        };
    }
    Err("a bracket is not closed".to_owned())
}

/// Flags and names of groups. `x`, `u` and `R` are flags of the regex crate alone.
fn group(rest: &str, out: &mut String) -> Result<usize, String> {
    let head_end = rest[2..].find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(rest.len() - 2) + 2;
    let flags = &rest[2..head_end];
    if rest[head_end..].starts_with('<') || flags.chars().all(|flag| "imsU-".contains(flag)) {
        return Ok(literal(&rest[..head_end], head_end, out));
    }
    Err(format!("(?{flags} is not run natively"))
}

/// `{n}`, `{n,}` or `{n,m}` at the start of `rest`.
fn is_count(rest: &str) -> bool {
    let Some((inside, _)) = rest[1..].split_once('}') else {
        return false;
    };
    let (low, high) = inside.split_once(',').unwrap_or((inside, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(low) && (high.is_empty() || is_number(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> bool {
        let compiled = compile(pattern).unwrap();
        let found = compiled.is_in(text.as_bytes());
        assert_eq!(compiled.is_in_slowly(text.as_bytes()), found, "{pattern} in {text}");
        let others = ["", "ab", "a-very-long-text-in-which-something-may-stand"];
        let texts = [others[0], text, others[1], others[2]];
        let slowly = texts.map(|text| compiled.is_in_slowly(text.as_bytes()));
        assert_eq!(compiled.are_in(texts.map(str::as_bytes)), slowly, "{pattern} in {texts:?}");
        found
    }

    #[test]
    fn classes_are_ascii() {
        assert!(!found(r"^\d$", "٣") && found(r"^\D$", "٣") && found(r"^[^\d]$", "٣"));
        assert!(!found(r"^\w$", "é") && found(r"^[\W]$", "é") && found(r"^[\w-]+$", "a-b"));
        assert!(!found(r"^\s$", "\u{a0}") && !found(r"^\s$", "\u{b}") && found(r"^[\s,]+$", " ,\t"));
        assert!(found(r"\bb", "éb") && found(r"^.\B.$", "éé"));
    }

    #[test]
    fn what_re2_takes_literally_is_literal() {
        assert!(found(r"^[a&&b]+$", "&b") && found("^[[a]$", "[") && found(r"^[]]$", "]"));
        assert!(found(r"^\Qa.b\E.$", "a.bc") && !found(r"^\Qa.b\E$", "axb"));
        assert!(found("^a{,2}$", "a{,2}") && found("^a{2}$", "aa") && found("^{$", "{"));
        assert!(found(r"^\<a\>$", "<a>") && found(r"^\-\/\_\@$", "-/_@"));
        assert!(found("^[[:alpha:]]+$", "ab") && found(r"^[\]\-a]+$", "]-a") && found(r"^[\[]$", "["));
    }

    #[test]
    fn every_character_and_letter_case_counts() {
        assert!(found("^.$", "😀") && found("^\u{e9}+$", "éé") && found("(?i)^É$", "é"));
        assert!(!found("^.$", "\n") && found("(?s)^.$", "\n") && !found("^a$", "a\n"));
        assert!(found(r"^\x{e9}\x41[\x{1F600}]$", "éA😀"));
        assert!(found(r"^\p{Greek}$", "π") && found(r"^(?P<x>a)(?:b)$", "ab"));
    }

    #[test]
    fn sequences_and_automata_find_the_same() {
        let patterns = [
            "^[A-Z]{2}$",
            "^ab",
            "^$",
            "^",
            "^[a-c]+$",
            "^x[0-9]{2,3}$",
            "^é[a-c]*$",
            "^[a-cé]$",
            "^(a)(?:b)$",
            "(?i)^ab$",
            "^a|b$",
            "a$",
            "^a?b$",
            "^[^a]$",
            "^.$",
            "^[ab]{2}c{0,1}$",
            "^[a-c]{3}",
        ];
        let texts = [
            "", "a", "b", "ab", "AB", "abc", "abcd", "aab", "x12", "x123", "x1234", "x1", "é", "éa", "éab", "\n", "QZ",
        ];
        for (pattern, text) in patterns.iter().flat_map(|pattern| texts.map(|text| (pattern, text))) {
            found(pattern, text);
        }
        assert!(matches!(compile("^[A-Z]{2}$").unwrap().engine, Engine::Sequence(_)));
        assert!(matches!(compile("^a?b$").unwrap().engine, Engine::Shift(_)));
        assert!(matches!(compile("a.{12}$").unwrap().engine, Engine::Walk(_) | Engine::Regex));
    }

    #[test]
    fn what_only_one_engine_takes_is_refused() {
        for pattern in ["(?=a)", r"(a)\1", "(?x)a", r"\Ca", "[a", r"a\", r"\pZZ("] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
