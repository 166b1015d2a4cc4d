//! The counter finds the records, and the ends of files, that the decoder finds.

use dativo_csv::{Counter, CsvError, CsvErrorKind, Decoder, Engine, Options};

/// A small generator, so that the tests are the same everywhere.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn text(&mut self) -> Vec<u8> {
        let words: [&[&str]; 4] = [
            &["a", "b", ",", "\"", "\n", "\r\n", "\r"],
            &["a", "abcdefgh", "\"b\"", "\"c,\n\"\"d\"", ",", "\n", "\"\""],
            &["abcdefghijklmnopqrstuvwxyz", ",", "\n", "\r\n", "\n\n", "é"],
            &["\"0123456789012345678901234567890123456789\n\"\"", "\",", ",", "\n", "x\"", "\"\n", "a"],
        ];
        let words = words[self.next(4)];
        let count = self.next(400);
        (0..count).map(|_| words[self.next(words.len())]).collect::<String>().into_bytes()
    }
}

fn decoded(bytes: &[u8], options: &Options) -> Result<u64, CsvError> {
    let mut decoder = Decoder::new(options, None, "t.csv");
    let mut out = Vec::new();
    decoder.push(bytes, &mut out)?;
    decoder.finish(&mut out)?;
    Ok(out.iter().map(|one| one.rows_read).sum())
}

fn counted(bytes: &[u8], options: &Options, engine: Engine, seed: &mut Seed, most: usize) -> Result<u64, CsvError> {
    let mut counter = Counter::new(options, "t.csv").with_engine(engine);
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, more) = rest.split_at((1 + seed.next(most)).min(rest.len()));
        counter.push(piece)?;
        rest = more;
    }
    counter.finish()
}

#[test]
fn counts_what_the_decoder_reads() {
    let mut seed = Seed(7);
    let (mut errors, mut records) = (0, 0);
    for round in 0..40_000 {
        let bytes = seed.text();
        let options = Options {
            header: seed.next(3) > 0,
            columns: [None, Some(vec!["x".to_owned()])][seed.next(2)].clone(),
            quote_char: [None, Some(None), Some(Some("'".to_owned()))][[0, 0, 0, 1, 2][seed.next(5)]].clone(),
            skip_lines: [0, 0, 0, 2][seed.next(4)],
            max_field_bytes: [1 << 20, 1 << 20, 5, 70, 200][seed.next(5)],
            max_record_bytes: [1 << 20, 1 << 20, 9, 100, 300][seed.next(5)],
            ..Options::default()
        };
        let expected = decoded(&bytes, &options);
        // Names are not looked at.
        if matches!(&expected, Err(CsvError { kind: CsvErrorKind::Header { .. }, .. })) {
            continue;
        }
        for engine in [Engine::Portable, Engine::detect()] {
            let most = [2, 70, 3000][round % 3];
            let found = counted(&bytes, &options, engine, &mut seed, most);
            assert_eq!(found, expected, "{engine:?} {:?} {options:?}", String::from_utf8_lossy(&bytes));
        }
        errors += usize::from(expected.is_err());
        records += expected.unwrap_or(0);
    }
    assert!(errors > 1000 && records > 100_000, "{errors} {records}");
}
