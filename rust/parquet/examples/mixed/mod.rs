//! Ten mixed columns from a seeded generator.
use arrow_array::builder::StringBuilder;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::fmt::Write;
use std::sync::Arc;

pub const BATCH_ROWS: usize = 65_536;
const WORDS: &str = "amber anchor autumn basket bright bronze candle canyon castle cedar circle clover copper coral \
    cotton crystal dawn delta desert dragon eagle early ember empire fabric falcon feather field flame forest fossil \
    garden ginger glacier golden granite harbor hazel hollow honey island ivory jasmine jungle kernel lantern lemon \
    linen lotus maple marble meadow mellow mirror misty morning mountain nectar noble northern ocean olive orchard \
    paper pearl pepper pine planet prairie quartz quiet rapid raven ribbon river rocket rustic saddle saffron shadow \
    silver simple spring stone summer sunset tiger timber topaz tulip tunnel valley velvet violet walnut willow winter";

pub fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("uid", DataType::Utf8, true),
        Field::new("amount", DataType::Float64, true),
        Field::new("day", DataType::Date32, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("active", DataType::Boolean, true),
        Field::new("country", DataType::Utf8, true),
        Field::new("price", DataType::Decimal128(12, 2), true),
        Field::new("quantity", DataType::Int64, true),
        Field::new("note", DataType::Utf8, true),
    ]))
}

/// The batch whose first row has the id `start`, the same each time.
pub fn batch(start: usize, rows: usize) -> RecordBatch {
    let mut random = Random(0x5eed ^ (start as u64) << 1 | 1);
    let words: Vec<_> = WORDS.split_whitespace().collect();
    let ids = start as i64..(start + rows) as i64;
    let mut uids = StringBuilder::with_capacity(rows, rows * 36);
    let mut notes = StringBuilder::with_capacity(rows, rows * 40);
    for _ in 0..rows {
        let (a, b) = (random.next(), random.next());
        let (p, q, r, s) = (a >> 32, a >> 16 & 0xffff, a & 0xffff, b >> 48);
        write!(uids, "{p:08x}-{q:04x}-{r:04x}-{s:04x}-{:012x}", b & 0xffff_ffff_ffff).unwrap();
        uids.append_value("");
        for i in 0..3 + random.below(6) {
            let space = if i > 0 { " " } else { "" };
            write!(notes, "{space}{}", words[random.below(words.len() as u64) as usize]).unwrap();
        }
        notes.append_value("");
    }
    let mut many = |make: &mut dyn FnMut(&mut Random) -> i64| (0..rows).map(|_| make(&mut random)).collect::<Vec<_>>();
    let amounts = many(&mut |r| r.below(100_000_000) as i64);
    let days = many(&mut |r| 18_000 + r.below(2_000) as i64);
    let gaps = many(&mut |r| r.below(2_000_000) as i64);
    let flags = many(&mut |r| r.below(2) as i64);
    let countries = many(&mut |r| r.below(30) as i64);
    let prices = many(&mut |r| r.below(10_000_000) as i64);
    let quantities = many(&mut |r| r.below(11_000) as i64);
    let at = ids.clone().zip(&gaps).map(|(id, gap)| 1_600_000_000_000_000 + id * 1_000_000 + gap);
    let price = Decimal128Array::from_iter_values(prices.iter().map(|&p| i128::from(p)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(ids)),
        Arc::new(uids.finish()),
        Arc::new(Float64Array::from_iter_values(amounts.iter().map(|&a| a as f64 / 10_000.0))),
        Arc::new(Date32Array::from_iter_values(days.iter().map(|&d| d as i32))),
        Arc::new(TimestampMicrosecondArray::from_iter_values(at).with_timezone("UTC")),
        Arc::new(BooleanArray::from_iter(flags.iter().map(|&f| Some(f == 1)))),
        Arc::new(StringArray::from_iter_values(countries.iter().map(|&c| format!("country-{c:02}")))),
        Arc::new(price.with_precision_and_scale(12, 2).unwrap()),
        Arc::new(Int64Array::from_iter(quantities.iter().map(|&q| (q < 10_000).then_some(q)))),
        Arc::new(notes.finish()),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }
}
