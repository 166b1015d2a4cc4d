//! Patterns that are a run of ASCII classes from the start of the text: `^[A-Z]{2}-[0-9]{4}$`, `^[a-z]+$`.
//!
//! An automaton takes one step after another, each waiting for the last. Here every byte is looked up by itself, and
//! the processor does several at once.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Places that are looked up: one bit each.
const MAX_PLACES: usize = 64;

#[derive(Debug)]
pub struct Sequence {
    /// For each byte the places at which it may stand.
    allowed: [u64; 256],
    places: usize,
    rest: Rest,
}

/// What may follow the last place.
#[derive(Debug)]
enum Rest {
    Anything,
    /// So many bytes of a class, and then the end.
    Class {
        members: Box<[bool; 256]>,
        least: usize,
        most: usize,
    },
}

impl Sequence {
    /// `None` for a pattern that is no such run.
    pub fn of(pattern: &str) -> Option<Self> {
        let hir = regex_syntax::parse(pattern).ok()?;
        let parts = match hir.kind() {
            HirKind::Concat(parts) => parts.as_slice(),
            _ => std::slice::from_ref(&hir),
        };
        let (first, parts) = parts.split_first()?;
        if *first.kind() != HirKind::Look(Look::Start) {
            return None;
        }
        let mut sequence = Self { allowed: [0; 256], places: 0, rest: Rest::Anything };
        let parts = match parts.split_last() {
            Some((last, parts)) if *last.kind() == HirKind::Look(Look::End) => {
                sequence.rest = Rest::Class { members: Box::new([false; 256]), least: 0, most: 0 };
                match parts.split_last().and_then(|(tail, parts)| Some((tail_of(tail)?, parts))) {
                    Some((tail, parts)) => {
                        sequence.rest = tail;
                        parts
                    }
                    None => parts,
                }
            }
            _ => parts,
        };
        parts.iter().try_for_each(|part| sequence.add(part))?;
        Some(sequence)
    }

    #[inline]
    pub fn is_in(&self, text: &[u8]) -> bool {
        let Some((head, rest)) = text.split_at_checked(self.places) else {
            return false;
        };
        let fits =
            head.iter().enumerate().fold(1, |fits, (place, byte)| fits & self.allowed[usize::from(*byte)] >> place);
        fits == 1
            && match &self.rest {
                Rest::Anything => true,
                Rest::Class { members, least, most } => {
                    (*least..=*most).contains(&rest.len()) && rest.iter().all(|byte| members[usize::from(*byte)])
                }
            }
    }

    fn add(&mut self, part: &Hir) -> Option<()> {
        match part.kind() {
            HirKind::Empty => Some(()),
            HirKind::Literal(literal) => literal.0.iter().try_for_each(|byte| self.allow(&[(*byte, *byte)])),
            HirKind::Class(class) => self.allow(&ascii_ranges(class)?),
            HirKind::Capture(capture) => self.add(&capture.sub),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.add(part)),
            HirKind::Repetition(repetition) if repetition.max == Some(repetition.min) => {
                (0..repetition.min).try_for_each(|_| self.add(&repetition.sub))
            }
            _ => None,
        }
    }

    fn allow(&mut self, ranges: &[(u8, u8)]) -> Option<()> {
        if self.places == MAX_PLACES {
            return None;
        }
        for (first, last) in ranges {
            self.allowed[usize::from(*first)..=usize::from(*last)]
                .iter_mut()
                .for_each(|places| *places |= 1 << self.places);
        }
        self.places += 1;
        Some(())
    }
}

/// A class that is repeated up to the end of the text.
fn tail_of(part: &Hir) -> Option<Rest> {
    let HirKind::Repetition(repetition) = part.kind() else {
        return None;
    };
    let HirKind::Class(class) = repetition.sub.kind() else {
        return None;
    };
    let mut members = Box::new([false; 256]);
    for (first, last) in ascii_ranges(class)? {
        members[usize::from(first)..=usize::from(last)].fill(true);
    }
    let most = repetition.max.map_or(usize::MAX, |most| most as usize);
    Some(Rest::Class { members, least: repetition.min as usize, most })
}

/// `None` for a class that has members beyond ASCII: those are several bytes each.
fn ascii_ranges(class: &Class) -> Option<Vec<(u8, u8)>> {
    match class {
        Class::Unicode(class) => {
            let range = |range: &regex_syntax::hir::ClassUnicodeRange| {
                Some((u8::try_from(range.start()).ok()?, u8::try_from(range.end()).ok().filter(u8::is_ascii)?))
            };
            class.ranges().iter().map(range).collect()
        }
        Class::Bytes(class) => {
            let range = |range: &regex_syntax::hir::ClassBytesRange| {
                Some((range.start(), Some(range.end()).filter(u8::is_ascii)?))
            };
            class.ranges().iter().map(range).collect()
        }
    }
}
