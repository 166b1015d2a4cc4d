//! The number of the line at a place. Counted only when somebody asks, and once for each byte.

use memchr::{memchr, memchr_iter};

#[derive(Debug)]
pub struct Lines {
    /// Place up to which line ends are counted.
    position: u64,
    line: u64,
    /// The byte before `position` is a carriage return: a line feed that follows ends no line of its own.
    after_return: bool,
}

impl Lines {
    pub fn new() -> Self {
        Self { position: 0, line: 1, after_return: false }
    }

    /// The line on which a byte stands, from 1. `bytes` begin at `base`; places are asked for in ascending order.
    pub fn line_at(&mut self, bytes: &[u8], base: u64, position: u64) -> u64 {
        if position > self.position {
            let between = &bytes[(self.position - base) as usize..(position - base) as usize];
            self.line += self.count(between);
            self.after_return = between.last() == Some(&b'\r');
            self.position = position;
        }
        self.line
    }

    fn count(&self, bytes: &[u8]) -> u64 {
        let feeds = memchr_iter(b'\n', bytes).count();
        let split = usize::from(self.after_return && bytes.first() == Some(&b'\n'));
        if memchr(b'\r', bytes).is_none() {
            return (feeds - split) as u64;
        }
        let returns = memchr_iter(b'\r', bytes);
        let lone = returns.filter(|&at| bytes.get(at + 1) != Some(&b'\n')).count();
        (feeds + lone - split) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn a_pair_is_one_line_end_wherever_it_is_cut() {
        let text = b"a\r\nb\rc\n\r\n\n\r";
        let expected = [1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7];
        for step in 1..text.len() {
            let mut lines = Lines::new();
            for at in (0..=text.len()).step_by(step) {
                // Behind the return of a pair the line has ended already; no record begins there.
                if at > 0 && text[at - 1] == b'\r' && text.get(at) == Some(&b'\n') {
                    lines.line_at(text, 0, at as u64);
                    continue;
                }
                assert_eq!(lines.line_at(text, 0, at as u64), expected[at], "{at} by {step}");
            }
        }
    }
}
