//! Patterns as tables with every step worked out beforehand: one look-up a byte, and no question on the way.
//!
//! On short texts, as fields are, that is faster than an engine that builds its steps as it goes and stops as early as
//! it can.

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;

/// Each step waits for the one before, about five cycles; so many texts side by side fill them.
pub const LANES: usize = 4;

/// States that are never left.
const FAILED: u8 = 0;
const FOUND: u8 = 1;

/// A larger automaton has more states than the table.
const MAX_AUTOMATON_BYTES: usize = 1 << 20;

pub struct Walk {
    /// The next state, for each state and byte. Of full size, so that no index is ever beyond it.
    next: Box<[u8; 1 << 16]>,
    /// Whether the pattern is found in a text that ends in a state.
    is_found: [bool; 256],
    start: u8,
}

impl Walk {
    /// `None` for a pattern with more than 256 states, or that needs to know what a character is.
    pub fn of(pattern: &str) -> Option<Self> {
        let config = dense::Config::new()
            .dfa_size_limit(Some(MAX_AUTOMATON_BYTES))
            .determinize_size_limit(Some(MAX_AUTOMATON_BYTES));
        let automaton = dense::Builder::new().configure(config).build(pattern).ok()?;
        let start = automaton.start_state(&start::Config::new().anchored(Anchored::No)).ok()?;
        let next = vec![FAILED; 1 << 16].into_boxed_slice().try_into().ok()?;
        let mut walk = Self { next, is_found: [false; 256], start: 2 };
        walk.is_found[usize::from(FOUND)] = true;
        walk.next[at(FOUND, 0)..=at(FOUND, u8::MAX)].fill(FOUND);
        walk.add_states(&automaton, start)?;
        Some(walk)
    }

    fn add_states(&mut self, automaton: &dense::DFA<Vec<u32>>, start: StateID) -> Option<()> {
        let mut known = vec![start];
        let mut done = 0;
        while let Some(&state) = known.get(done) {
            let number = u8::try_from(done + 2).ok()?;
            for byte in 0..=u8::MAX {
                let next = automaton.next_state(state, byte);
                self.next[at(number, byte)] = if automaton.is_quit_state(next) {
                    return None;
                } else if automaton.is_match_state(next) {
                    FOUND
                } else if automaton.is_dead_state(next) {
                    FAILED
                } else {
                    let place = known.iter().position(|one| *one == next).unwrap_or(known.len());
                    if place == known.len() {
                        known.push(next);
                    }
                    u8::try_from(place + 2).ok()?
                };
            }
            // Matches are told one step late, and there is a step for the end.
            self.is_found[usize::from(number)] = automaton.is_match_state(automaton.next_eoi_state(state));
            done += 1;
        }
        Some(())
    }

    /// Every state that can be reached, the first one first.
    pub fn states(&self) -> Vec<u8> {
        let mut states = vec![self.start];
        let mut done = 0;
        while let Some(&state) = states.get(done) {
            for byte in 0..=u8::MAX {
                let next = self.next(state, byte);
                if !states.contains(&next) {
                    states.push(next);
                }
            }
            done += 1;
        }
        states
    }

    pub fn start(&self) -> u8 {
        self.start
    }

    pub fn next(&self, state: u8, byte: u8) -> u8 {
        self.next[at(state, byte)]
    }

    /// Whether the pattern is found in a text that ends in a state.
    pub fn is_found(&self, state: u8) -> bool {
        self.is_found[usize::from(state)]
    }

    /// Whether the pattern is found anywhere in a text.
    #[inline]
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.finish(self.start, text)
    }

    /// The same for several texts, which take their steps in turn.
    #[inline]
    pub fn are_in(&self, texts: [&[u8]; LANES]) -> [bool; LANES] {
        let shortest = texts.iter().map(|text| text.len()).min().unwrap_or(0);
        let heads = texts.map(|text| &text[..shortest]);
        let mut states = [self.start; LANES];
        for place in 0..shortest {
            for lane in 0..LANES {
                states[lane] = self.next[at(states[lane], heads[lane][place])];
            }
        }
        std::array::from_fn(|lane| self.finish(states[lane], &texts[lane][shortest..]))
    }

    #[inline]
    fn finish(&self, state: u8, rest: &[u8]) -> bool {
        let last = rest.iter().fold(state, |state, &byte| self.next[at(state, byte)]);
        self.is_found[usize::from(last)]
    }
}

impl std::fmt::Debug for Walk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Walk").finish_non_exhaustive()
    }
}

#[inline]
fn at(state: u8, byte: u8) -> usize {
    usize::from(state) << 8 | usize::from(byte)
}

#[cfg(test)]
mod tests {
    use super::Walk;
    use crate::formats::FORMATS;
    use crate::pattern::translate;

    #[test]
    fn holds_every_format() {
        for (name, source) in FORMATS {
            assert!(Walk::of(&translate(source).unwrap()).is_some(), "{name}");
        }
    }

    #[test]
    fn gives_up_where_there_are_too_many_states() {
        assert!(Walk::of("^(?:[ab]{3}c){90}$").is_none());
    }
}
