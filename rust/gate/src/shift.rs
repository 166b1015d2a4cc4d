//! Automata of few states, all of whose steps for a byte fit a word: a state is the place of its step in such a word, and
//! a step is one shift (Per Vognsen, "Shift-based DFAs", 2021). Only the shift waits for the step before; the word of a
//! byte depends on no state.

use crate::walk::Walk;

/// Bits of a state: as many as say how far to shift.
const STATE_BITS: u32 = 6;
const MAX_STATES: u32 = u64::BITS / STATE_BITS;

pub struct Shift {
    /// For each byte the next states, that of the first state lowest.
    next: Box<[u64; 256]>,
    /// A bit at the place of each state in which the pattern is found at the end of the text.
    found: u64,
    start: u32,
}

impl Shift {
    /// `None` for an automaton of more states than a word holds.
    pub fn of(walk: &Walk) -> Option<Self> {
        let states = walk.states();
        if states.len() > MAX_STATES as usize {
            return None;
        }
        let place = |state: u8| states.iter().position(|one| *one == state).map(|at| at as u32 * STATE_BITS);
        let mut next = Box::new([0; 256]);
        for (byte, word) in (0..=u8::MAX).zip(next.iter_mut()) {
            for &state in &states {
                *word |= u64::from(place(walk.next(state, byte))?) << place(state)?;
            }
        }
        let found = states.iter().filter(|state| walk.is_found(**state)).filter_map(|state| place(*state));
        Some(Self { next, found: found.fold(0, |found, place| found | 1 << place), start: place(walk.start())? })
    }

    #[inline]
    pub fn is_in(&self, text: &[u8]) -> bool {
        // Bits beyond those of the state are the other states', and no shift looks at them.
        let step = |state: u32, byte: &u8| self.next[usize::from(*byte)].wrapping_shr(state) as u32;
        self.found.wrapping_shr(text.iter().fold(self.start, step)) & 1 == 1
    }
}

impl std::fmt::Debug for Shift {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shift").finish_non_exhaustive()
    }
}
