//! Files written by the crate under test and read by the library below it.
#![allow(dead_code)]
use arrow_array::RecordBatch;
use dativo_parquet::{FileFacts, FileWriter, Options};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

pub fn write(path: &Path, batches: &[RecordBatch], options: Options) -> FileFacts {
    let mut writer = FileWriter::create(path, batches[0].schema(), options).unwrap();
    batches.iter().for_each(|batch| writer.write(batch.clone()).unwrap());
    writer.finish().unwrap()
}

pub fn read(path: &Path) -> Vec<RecordBatch> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    builder.build().unwrap().map(Result::unwrap).collect()
}

pub fn metadata(path: &Path) -> Arc<ParquetMetaData> {
    ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().metadata().clone()
}
