//! Texts and other values of any length.
use super::bounds::{Facts, TextBounds};
use super::column::{Rows, Settings, Values};
use super::delta::Delta;
use super::dictionary::{Dictionary, LENGTH, Texts};
use super::number::Encode;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::ByteArrayType;
use arrow_buffer::ArrowNativeType;
use parquet::basic::Encoding;
use parquet::file::statistics::Statistics;
use std::marker::PhantomData;
use std::ops::Range;

/// Bytes that come into a dictionary before its size is looked at, unless one value has more.
const DICTIONARY_STEP_BYTES: usize = 64 << 10;

/// What bounds are kept of a chunk's values.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Utf8,
    Bytes,
    /// None: whole documents would swell the footer, and their order means nothing.
    Json,
}

pub(super) struct ByteArrays<T> {
    kind: Kind,
    encoder: Encoder,
    /// Of the rows at hand.
    lengths: Vec<i32>,
    dictionary: Option<Dictionary<Texts>>,
    has_statistics: bool,
    bounds: TextBounds,
    /// Bytes of the chunk's values.
    bytes: usize,
    values: PhantomData<fn(T)>,
}

enum Encoder {
    /// Each value after its length.
    Plain,
    /// All lengths before the values.
    DeltaLength { lengths: Box<Delta<i32>>, blocks: Vec<u8> },
}

impl<T: ByteArrayType> ByteArrays<T> {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            encoder: Encoder::Plain,
            lengths: Vec::new(),
            dictionary: None,
            has_statistics: false,
            bounds: TextBounds::default(),
            bytes: 0,
            values: PhantomData,
        }
    }

    fn has_bounds(&self) -> bool {
        self.has_statistics && self.kind != Kind::Json
    }

    fn put_plain(rows: &Rows<'_>, out: &mut Vec<u8>) {
        for_each::<T>(rows, |value| {
            out.extend((value.len() as u32).to_le_bytes());
            out.extend_from_slice(value);
        });
    }
}

impl<T: ByteArrayType> Values for ByteArrays<T> {
    fn open(&mut self, settings: &Settings) {
        self.encoder = match settings.encoding {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => Encoder::DeltaLength { lengths: Box::default(), blocks: Vec::new() },
            _ => Encoder::Plain,
        };
        self.dictionary = settings.dictionary.then(Dictionary::new);
        self.has_statistics = settings.statistics;
        self.bounds = TextBounds::default();
        self.bytes = 0;
    }

    /// As many as have no more bytes. In a page of places they take no room, but not many are to come into the
    /// dictionary before its size is looked at.
    fn fitting(&self, column: &dyn Array, rows: Range<usize>, room: usize) -> usize {
        let offsets = &column.as_bytes::<T>().value_offsets()[rows.start..=rows.end];
        let room = if self.dictionary.is_some() { DICTIONARY_STEP_BYTES } else { room };
        let each = if matches!(self.encoder, Encoder::Plain) { LENGTH } else { 0 };
        let bytes = |count: usize| (offsets[count].as_usize() - offsets[0].as_usize()) + count * each;
        if bytes(rows.len()) <= room {
            return rows.len();
        }
        let (mut fit, mut too_many) = (0, rows.len());
        while too_many - fit > 1 {
            let middle = fit.midpoint(too_many);
            if bytes(middle) <= room { fit = middle } else { too_many = middle }
        }
        if self.dictionary.is_some() { fit.max(1) } else { fit }
    }

    fn put(&mut self, rows: &Rows<'_>, out: &mut Vec<u8>) {
        let has_bounds = self.has_bounds();
        if let Some(dictionary) = &mut self.dictionary {
            return for_each::<T>(rows, |value| {
                self.bytes += value.len();
                if dictionary.put(value) && has_bounds {
                    self.bounds.put(value);
                }
            });
        }
        if has_bounds {
            for_each::<T>(rows, |value| self.bounds.put(value));
        }
        let before = out.len();
        match &mut self.encoder {
            Encoder::Plain => {
                Self::put_plain(rows, out);
                self.bytes += out.len() - before - LENGTH * rows.values();
            }
            Encoder::DeltaLength { lengths, blocks } => {
                self.lengths.clear();
                push_values::<T>(rows, &mut self.lengths, out);
                lengths.put(&self.lengths, blocks);
                self.bytes += out.len() - before;
            }
        }
    }

    fn waiting_bytes(&self) -> usize {
        match (&self.dictionary, &self.encoder) {
            (Some(dictionary), _) => dictionary.page_bytes(),
            (None, Encoder::DeltaLength { blocks, .. }) => blocks.len(),
            (None, Encoder::Plain) => 0,
        }
    }

    fn finish_page(&mut self, before: &mut Vec<u8>, out: &mut Vec<u8>) -> Encoding {
        match (&mut self.dictionary, &mut self.encoder) {
            (Some(dictionary), _) => {
                dictionary.finish_page(out);
                Encoding::RLE_DICTIONARY
            }
            (None, Encoder::Plain) => Encoding::PLAIN,
            (None, Encoder::DeltaLength { lengths, blocks }) => {
                lengths.finish(before, blocks);
                before.append(blocks);
                Encoding::DELTA_LENGTH_BYTE_ARRAY
            }
        }
    }

    fn dictionary_bytes(&self) -> usize {
        self.dictionary.as_ref().map_or(0, Dictionary::bytes)
    }

    fn take_dictionary(&mut self) -> Option<(Vec<u8>, usize)> {
        self.dictionary.take().map(Dictionary::into_page)
    }

    fn statistics(&mut self, facts: Facts) -> Option<Statistics> {
        self.has_statistics.then(|| self.bounds.statistics(self.kind == Kind::Utf8, facts))
    }

    fn text_bytes(&self) -> Option<i64> {
        Some(self.bytes as i64)
    }
}

fn for_each<T: ByteArrayType>(rows: &Rows<'_>, mut each: impl FnMut(&[u8])) {
    let array = rows.column.as_bytes::<T>();
    let (offsets, bytes) = (array.value_offsets(), array.value_data());
    for run in rows.runs() {
        for bounds in offsets[run.start..=run.end].windows(2) {
            each(&bytes[bounds[0].as_usize()..bounds[1].as_usize()]);
        }
    }
}

/// The lengths of the values and their bytes. Rows without value may have bytes, which are left out.
fn push_values<T: ByteArrayType>(rows: &Rows<'_>, lengths: &mut Vec<i32>, out: &mut Vec<u8>) {
    let array = rows.column.as_bytes::<T>();
    let (offsets, bytes) = (array.value_offsets(), array.value_data());
    for run in rows.runs() {
        let offsets = &offsets[run.start..=run.end];
        lengths.extend(offsets.windows(2).map(|bounds| (bounds[1].as_usize() - bounds[0].as_usize()) as i32));
        out.extend_from_slice(&bytes[offsets[0].as_usize()..offsets[run.len()].as_usize()]);
    }
}
