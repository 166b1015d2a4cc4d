//! Definition levels of the rows of a page: whether a row has a value.
use super::runs::{push_packed_header, push_repeated};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};

/// Rows looked at together.
const WORD: usize = 64;

pub(super) struct Levels {
    rows: usize,
    nulls: usize,
    /// Which rows have a value, from the first null of the page on.
    valid: BooleanBufferBuilder,
}

impl Levels {
    pub fn new() -> Self {
        Self { rows: 0, nulls: 0, valid: BooleanBufferBuilder::new(0) }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn push(&mut self, rows: usize, nulls: Option<&NullBuffer>) {
        match nulls {
            Some(nulls) if nulls.null_count() > 0 => {
                if self.nulls == 0 {
                    self.valid.append_n(self.rows, true);
                }
                self.valid.append_buffer(nulls.inner());
                self.nulls += nulls.null_count();
            }
            _ if self.nulls > 0 => self.valid.append_n(rows, true),
            _ => {}
        }
        self.rows += rows;
    }

    /// Appends the levels and their length in bytes before them, as data pages of version 1 have them.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([0; 4]);
        self.push_runs(out);
        let length = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    pub fn clear(&mut self) {
        (self.rows, self.nulls) = (0, 0);
        self.valid.truncate(0);
    }

    fn push_runs(&self, out: &mut Vec<u8>) {
        if self.nulls == 0 {
            return push_repeated(self.rows, 1, 1, out);
        }
        let mut start = 0;
        while start < self.rows {
            let level = self.level_at(start);
            let words = (start..self.rows).step_by(WORD).take_while(|&at| self.level_at(at) == level).count();
            let end = (start + words * WORD).min(self.rows);
            match level {
                Some(level) => push_repeated(end - start, u32::from(level), 1, out),
                None => {
                    push_packed_header((end - start).div_ceil(8), out);
                    out.extend(&self.valid.as_slice()[start / 8..end.div_ceil(8)]);
                }
            }
            start = end;
        }
    }

    /// What all rows of a word are, if they are the same.
    fn level_at(&self, row: usize) -> Option<bool> {
        let rows = WORD.min(self.rows - row);
        let bytes = &self.valid.as_slice()[row / 8..(row + rows).div_ceil(8)];
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        let all = u64::MAX >> (WORD - rows);
        match u64::from_le_bytes(word) & all {
            0 => Some(false),
            word if word == all => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Levels;
    use arrow_buffer::NullBuffer;

    fn written(levels: &Levels) -> Vec<u8> {
        let mut out = Vec::new();
        levels.write(&mut out);
        assert_eq!(u32::from_le_bytes(*out.first_chunk().unwrap()) as usize, out.len() - 4);
        out.split_off(4)
    }

    #[test]
    fn all_or_none() {
        let mut levels = Levels::new();
        levels.push(1000, None);
        levels.push(24, Some(&NullBuffer::new_valid(24)));
        assert_eq!(written(&levels), [0x80, 0x10, 1]);
        levels.clear();
        levels.push(70, Some(&NullBuffer::new_null(70)));
        assert_eq!(written(&levels), [0x8c, 1, 0]);
    }

    #[test]
    fn nulls_after_values() {
        let mut levels = Levels::new();
        levels.push(64, None);
        levels.push(3, Some(&NullBuffer::from(vec![true, false, true])));
        levels.push(1, None);
        assert_eq!(written(&levels), [0x80, 1, 1, 3, 0b1101]);
    }
}
