//! Files in a folder for each combination of values of some columns, whose records need not come in any order.
//!
//! Records wait per partition, all of them within one number of bytes. When there are more, the largest go to their
//! files, which stay open; only when the open files themselves are too many are those ended that got no record for the
//! longest time. `lib/contract/files/partitioned-files.ts` does the same.
use crate::hive;
use crate::value_text;
use crate::{Naming, failure, staged_file, unwritable};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use dativo_parquet::{ColumnChecksum, GroupEncoder, GroupFile, Options};
use dativo_plugin::arrow_array::{Array, RecordBatch, UInt32Array};
use dativo_plugin::arrow_schema::{Schema, SchemaRef};
use dativo_plugin::files::refusal;
use dativo_plugin::{Error, Result, StagedFile};
use std::collections::HashMap;
use std::fs::create_dir_all;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Bytes of records that end a row group, as they lie in memory.
const GROUP_BYTES: usize = 16 << 20;
/// Pieces that are put together: each costs some hundred bytes for a column.
const MAX_PIECES: usize = 32;
/// Partitions whose folders are remembered.
const MAX_KNOWN: usize = 100_000;

/// A column that files are divided by.
pub struct DividingColumn {
    pub name: String,
    /// `column=`, as folders begin.
    pub lead: String,
}

pub struct Partitions {
    columns: Vec<DividingColumn>,
    /// Places of the columns among those of the records.
    places: Vec<usize>,
    schema: SchemaRef,
    /// Columns of files whose folders tell the others, and of those whose folders do not.
    told: (SchemaRef, Vec<usize>),
    whole: (SchemaRef, Vec<usize>),
    options: Arc<Options>,
    target_bytes: u64,
    budget_bytes: usize,
    /// The place of each partition that is open, by the texts of its values.
    known: HashMap<Vec<u8>, usize>,
    open: Vec<Option<Partition>>,
    /// Places that are taken by none.
    free: Vec<usize>,
    encoders: Vec<GroupEncoder>,
    /// Counts batches.
    clock: u64,
}

struct Partition {
    folder: String,
    is_told: bool,
    /// The sums of one record's values of the columns that the folder tells.
    shared: Vec<ColumnChecksum>,
    pieces: Vec<RecordBatch>,
    rows: usize,
    piece_bytes: usize,
    file: Option<GroupFile>,
    used: u64,
}

impl Partitions {
    pub fn new(
        columns: Vec<DividingColumn>,
        schema: &SchemaRef,
        options: Options,
        target_bytes: u64,
        budget_bytes: usize,
    ) -> Result<Self> {
        let mut places = Vec::new();
        for DividingColumn { name, .. } in &columns {
            let place = schema.index_of(name).map_err(|_| refusal(format!("there is no column '{name}'")))?;
            let data_type = schema.field(place).data_type();
            if !value_text::is_known(data_type) {
                return Err(refusal(format!("values of '{name}', of the type {data_type}, are no names of folders")));
            }
            places.push(place);
        }
        let part = |indices: Vec<usize>| {
            let fields: Vec<_> = indices.iter().map(|&index| schema.field(index).clone()).collect();
            (Arc::new(Schema::new(fields)), indices)
        };
        let all = 0..schema.fields().len();
        Ok(Self {
            told: part(all.clone().filter(|index| !places.contains(index)).collect()),
            whole: part(all.collect()),
            columns,
            places,
            schema: schema.clone(),
            encoders: (0..options.threads.max(1))
                .map(|_| GroupEncoder::new(&options).map_err(failure))
                .collect::<Result<_>>()?,
            options: Arc::new(options),
            target_bytes,
            budget_bytes,
            known: HashMap::new(),
            open: Vec::new(),
            free: Vec::new(),
            clock: 0,
        })
    }

    pub fn write(&mut self, naming: &mut Naming, rows: &RecordBatch) -> Result<Vec<StagedFile>> {
        self.clock += 1;
        let mut groups: Vec<Vec<u32>> = vec![Vec::new(); self.open.len()];
        let (mut last, mut before, mut key) = (None, Vec::new(), Vec::new());
        for row in 0..rows.num_rows() {
            std::mem::swap(&mut before, &mut key);
            key.clear();
            self.key_of(rows, row, &mut key)?;
            let place = match last {
                Some(place) if before == key => place,
                _ => self.place_of(rows, row, &key),
            };
            last = Some(place);
            groups.resize_with(groups.len().max(place + 1), Vec::new);
            groups[place].push(row as u32);
        }
        let mut full = Vec::new();
        for (place, indices) in groups.into_iter().enumerate().filter(|(_, indices)| !indices.is_empty()) {
            self.hold(place, rows, indices)?;
            if self.open[place].as_ref().is_some_and(|it| it.is_full(&self.options)) {
                full.push(place);
            }
        }
        let mut ended = self.write_out(naming, &full, false)?;
        ended.extend(self.stay_within_budget(naming)?);
        Ok(ended)
    }

    pub fn seal(&mut self, naming: &mut Naming) -> Result<Vec<StagedFile>> {
        let all: Vec<_> = (0..self.open.len()).filter(|&place| self.open[place].is_some()).collect();
        self.write_out(naming, &all, true)
    }

    /// The texts of a record's values, with their lengths, so that no two combinations are one.
    fn key_of(&self, rows: &RecordBatch, row: usize, key: &mut Vec<u8>) -> Result<()> {
        for (&place, column) in self.places.iter().zip(&self.columns) {
            let array = rows.column(place);
            if array.is_null(row) {
                if !self.schema.field(place).is_nullable() {
                    let name = &column.name;
                    return Err(Error::data(format!(
                        "the value of field '{name}' is missing, and the field is not nullable"
                    )));
                }
                key.extend_from_slice(b"-;");
                continue;
            }
            let start = key.len();
            value_text::append(array, row, key);
            if self.places.len() > 1 {
                let length = key.len() - start;
                key.splice(start..start, format!("{length};").into_bytes());
            } else {
                key.insert(start, b'+');
            }
        }
        Ok(())
    }

    fn place_of(&mut self, rows: &RecordBatch, row: usize, key: &[u8]) -> usize {
        if let Some(&place) = self.known.get(key) {
            return place;
        }
        let mut text = Vec::new();
        let mut folders = Vec::new();
        for (&place, column) in self.places.iter().zip(&self.columns) {
            let array = rows.column(place);
            text.clear();
            let is_null = array.is_null(row);
            if !is_null {
                value_text::append(array, row, &mut text);
            }
            let value = String::from_utf8_lossy(&text);
            folders.push(hive::folder(&column.lead, (!is_null).then_some(&*value)));
        }
        let is_told = folders.iter().all(|folder| hive::is_told(folder));
        let sum_of = |&place: &usize| ColumnChecksum::of(self.schema.field(place), &rows.column(place).slice(row, 1));
        let shared = if is_told { self.places.iter().map(sum_of).collect() } else { Vec::new() };
        let folder = folders.join("/");
        let (pieces, used) = (Vec::new(), self.clock);
        let partition = Partition { folder, is_told, shared, pieces, rows: 0, piece_bytes: 0, file: None, used };
        let place = self.free.pop().unwrap_or(self.open.len());
        if place == self.open.len() {
            self.open.push(None);
        }
        self.open[place] = Some(partition);
        self.known.insert(key.to_owned(), place);
        place
    }

    fn hold(&mut self, place: usize, rows: &RecordBatch, indices: Vec<u32>) -> Result<()> {
        let Some(partition) = &mut self.open[place] else { return Ok(()) };
        let (_, kept) = if partition.is_told { &self.told } else { &self.whole };
        let projected = rows.project(kept).map_err(|cause| Error::data(cause.to_string()))?;
        let count = indices.len();
        let piece = take_record_batch(&projected, &UInt32Array::from(indices));
        let piece = piece.map_err(|cause| Error::data(cause.to_string()))?;
        partition.used = self.clock;
        partition.rows += count;
        partition.piece_bytes += piece.get_array_memory_size();
        partition.pieces.push(piece);
        if partition.pieces.len() >= MAX_PIECES {
            partition.join()?;
        }
        Ok(())
    }

    fn held_bytes(&self) -> usize {
        self.open.iter().flatten().map(|it| it.piece_bytes + it.file_bytes()).sum()
    }

    fn stay_within_budget(&mut self, naming: &mut Naming) -> Result<Vec<StagedFile>> {
        if self.held_bytes() <= self.budget_bytes && self.known.len() < MAX_KNOWN {
            return Ok(Vec::new());
        }
        let mut ended = self.write_largest(naming)?;
        while self.open.iter().flatten().map(Partition::file_bytes).sum::<usize>() > self.budget_bytes / 4 * 3
            || self.known.len() >= MAX_KNOWN
        {
            let mut coldest: Vec<_> =
                self.open.iter().enumerate().filter_map(|(i, it)| Some((it.as_ref()?.used, i))).collect();
            coldest.sort_unstable();
            let places: Vec<_> = coldest.iter().take(coldest.len().div_ceil(4)).map(|&(_, place)| place).collect();
            ended.extend(self.write_out(naming, &places, true)?);
        }
        Ok(ended)
    }

    /// Gives up half of the records that are held, in the fewest and largest writes.
    fn write_largest(&mut self, naming: &mut Naming) -> Result<Vec<StagedFile>> {
        let mut sizes: Vec<_> =
            self.open.iter().enumerate().filter_map(|(i, it)| Some((it.as_ref()?.piece_bytes, i))).collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        let mut excess = sizes.iter().map(|(bytes, _)| bytes).sum::<usize>() / 2;
        let mut places = Vec::new();
        for (bytes, place) in sizes {
            if excess == 0 || bytes == 0 {
                break;
            }
            excess = excess.saturating_sub(bytes);
            places.push(place);
        }
        self.write_out(naming, &places, false)
    }

    /// Writes what partitions hold, side by side, and ends their files where asked for, or where they are large enough.
    fn write_out(&mut self, naming: &mut Naming, places: &[usize], ends: bool) -> Result<Vec<StagedFile>> {
        for &place in places {
            let Some(partition) = &mut self.open[place] else { continue };
            if partition.file.is_none() && partition.rows > 0 {
                let folder = naming.folder.join(&partition.folder);
                create_dir_all(&folder).map_err(|cause| unwritable(&folder, &cause))?;
                let (schema, _) = if partition.is_told { &self.told } else { &self.whole };
                let file = GroupFile::create(naming.next_in(&folder), schema.clone(), self.options.clone());
                partition.file = Some(file.map_err(failure)?);
            }
        }
        let mut work: Vec<_> = places.iter().filter_map(|&place| Some((place, self.open[place].take()?))).collect();
        work.reverse();
        let (queue, done) = (Mutex::new(work), Mutex::new(Vec::new()));
        let (target_bytes, schema) = (self.target_bytes, &self.schema);
        let run = |encoder: &mut GroupEncoder| -> Result<()> {
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some((place, mut partition)) = next else { return Ok(()) };
                partition.write_group(encoder)?;
                let is_large = partition.file.as_ref().is_some_and(|file| file.size_bytes() >= target_bytes);
                let ended = if ends || is_large { partition.end(schema)? } else { None };
                done.lock().unwrap_or_else(PoisonError::into_inner).push((place, partition, ended));
            }
        };
        let encoders = &mut self.encoders[..];
        let outcomes: Vec<Result<()>> = thread::scope(|scope| {
            let threads: Vec<_> =
                encoders.iter_mut().take(places.len()).map(|encoder| scope.spawn(|| run(encoder))).collect();
            let panicked = |_| Err(Error::data("a thread that encodes has panicked"));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
        });
        outcomes.into_iter().collect::<Result<()>>()?;
        let mut ended = Vec::new();
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(place, ..)| *place);
        for (place, partition, file) in done {
            ended.extend(file);
            self.open[place] = (!ends).then_some(partition);
        }
        if ends {
            self.free.extend(places);
            let open = &self.open;
            self.known.retain(|_, place| open[*place].is_some());
        }
        Ok(ended)
    }
}

impl Partition {
    fn is_full(&self, options: &Options) -> bool {
        self.rows >= options.row_group_size || self.piece_bytes >= GROUP_BYTES
    }

    fn file_bytes(&self) -> usize {
        self.file.as_ref().map_or(0, GroupFile::held_bytes)
    }

    fn join(&mut self) -> Result<()> {
        let Some(first) = self.pieces.first() else { return Ok(()) };
        let joined = concat_batches(&first.schema(), &self.pieces).map_err(|cause| Error::data(cause.to_string()))?;
        self.piece_bytes = joined.get_array_memory_size();
        self.pieces = vec![joined];
        Ok(())
    }

    /// What it holds becomes row groups of its file.
    fn write_group(&mut self, encoder: &mut GroupEncoder) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if self.rows > 0 {
            file.write_group(&self.pieces, encoder).map_err(failure)?;
        }
        (self.rows, self.piece_bytes) = (0, 0);
        self.pieces.clear();
        Ok(())
    }

    /// A file has the sums of its records, also of what its folders say of them.
    fn end(&mut self, schema: &Schema) -> Result<Option<StagedFile>> {
        let Some(file) = self.file.take() else { return Ok(None) };
        let mut facts = file.finish().map_err(failure)?;
        facts.checksums.extend(self.shared.iter().map(|once| once.times(facts.rows)));
        facts.checksums.sort_by_key(|column| schema.index_of(&column.name).unwrap_or(usize::MAX));
        Ok(Some(staged_file(&facts)))
    }
}
