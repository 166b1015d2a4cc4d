//! Text of CSV as it grows. The digits are written here, not by `write!`, since a file has 100 M numbers.
pub struct Line(pub Vec<u8>);

impl Line {
    pub fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub fn number(&mut self, value: u64) {
        self.padded(value, 1);
    }

    /// With zeros in front of fewer digits than `width`.
    pub fn padded(&mut self, mut value: u64, width: usize) {
        let mut digits = [b'0'; 20];
        let mut at = digits.len();
        while value > 0 {
            at -= 1;
            digits[at] = b'0' + (value % 10) as u8;
            value /= 10;
        }
        self.0.extend_from_slice(&digits[at.min(digits.len() - width)..]);
    }
}
