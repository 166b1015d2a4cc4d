//! The rules of a whole contract over the columns of a batch, and the faults of its records.

use crate::convert::describe_misfit;
use crate::nearest::did_you_mean;
use crate::rules::{self, Check};
use crate::show::json_string;
use crate::unique::UniqueIndex;
use crate::{Cells, Column, Contract, DataType, GateError, cell_text, side_by_side};
use arrow_schema::{Field as ArrowField, Schema};

/// What the unique checks of a gate may keep, together, unless they are told otherwise.
pub const DEFAULT_UNIQUE_BYTES: usize = 64 * 1024 * 1024;

/// One thing that is wrong with a record; without a column the record as a whole is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub column: Option<String>,
    pub rule: &'static str,
    pub reason: String,
}

/// A record of a stretch that failed, with every fault in the order of the contract's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFaults {
    pub row: usize,
    pub faults: Vec<Fault>,
}

/// A contract compiled. It has a memory, of the values that must not come twice: one gate per run.
#[derive(Debug)]
pub struct Gate {
    contract: Contract,
    fields: Vec<FieldGate>,
    unique: Vec<UniqueIndex>,
}

#[derive(Debug)]
struct FieldGate {
    name: String,
    data_type: DataType,
    required: bool,
    checks: Vec<Check>,
}

/// Where the fields of a contract stand in a source.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    /// For each field the number of the source's column, if it has one.
    pub sources: Vec<Option<usize>>,
    pub warnings: Vec<String>,
}

impl Gate {
    /// # Errors
    /// `DTV_ASSET_INVALID` for a rule that cannot be checked on the field's type.
    pub fn compile(contract: Contract, unique_bytes: usize) -> Result<Self, GateError> {
        let mut fields = Vec::with_capacity(contract.fields.len());
        for field in &contract.fields {
            let data_type = field.data_type()?;
            let checks = rules::compile(field, &data_type)?;
            fields.push(FieldGate { name: field.name.clone(), data_type, required: field.is_required(), checks });
        }
        let unique = unique_indexes(&contract, unique_bytes);
        Ok(Self { contract, fields, unique })
    }

    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The schema of records that keep the contract, in its order of columns.
    pub fn schema(&self) -> Schema {
        let fields = self.fields.iter().map(|field| {
            let data_type = field.data_type.arrow().unwrap_or(arrow_schema::DataType::Utf8);
            ArrowField::new(&field.name, data_type, !field.required)
        });
        Schema::new(fields.collect::<Vec<_>>())
    }

    /// Empty columns for [`Gate::check`] to fill.
    pub fn columns(&self) -> Vec<Column> {
        self.fields.iter().map(|field| Column::new(field.data_type.clone())).collect()
    }

    /// Finds the fields among the columns of a source, which messages call by its name.
    ///
    /// # Errors
    /// `DTV_COLUMN_MISSING`: without a required column every record is wrong, and one error says it better than a
    /// million rejects. With nothing in common and nothing required every record would come out as nulls, and pass.
    pub fn bind(&self, names: &[&str], source: &str) -> Result<Binding, GateError> {
        let position = |field: &FieldGate| names.iter().position(|name| *name == field.name);
        let sources: Vec<_> = self.fields.iter().map(position).collect();
        let missing: Vec<_> =
            self.fields.iter().zip(&sources).filter(|(_, at)| at.is_none()).map(|(field, _)| field).collect();
        let required: Vec<_> = missing.iter().copied().filter(|field| field.required).collect();
        let is_blank = missing.len() == self.fields.len() && required.is_empty() && !names.is_empty();
        let needed = if is_blank { &missing } else { &required };
        if !needed.is_empty() {
            return Err(missing_columns(needed, names, source));
        }
        let mut warnings = Vec::new();
        if !missing.is_empty() {
            warnings.push(format!("{source}: columns that are not there are null: {}", nearest(&missing, names)));
        }
        let is_extra = |name: &&&str| !self.fields.iter().any(|field| field.name == **name);
        let extra: Vec<_> = names.iter().filter(is_extra).copied().collect();
        if !extra.is_empty() {
            warnings
                .push(format!("{source}: columns that the contract does not name are left out: {}", quoted(&extra)));
        }
        Ok(Binding { sources, warnings })
    }

    /// The same where records have no header: whatever is missing so far may still come, and is no fault of the source.
    /// `names` are all that were found.
    ///
    /// # Errors
    /// `DTV_COLUMN_MISSING` with nothing in common and nothing required.
    pub fn refuse_strangers(&self, names: &[&str], source: &str) -> Result<(), GateError> {
        let is_known = |name: &&str| self.fields.iter().any(|field| field.name == *name);
        if names.is_empty() || self.fields.iter().any(|field| field.required) || names.iter().any(is_known) {
            return Ok(());
        }
        Err(missing_columns(&self.fields.iter().collect::<Vec<_>>(), names, source))
    }

    /// Appends `rows` records to the columns, typed, on up to so many threads; `cells_of` lends the cells of a column of
    /// the source. Records that break the contract are taken out again and returned, by their number among these rows.
    ///
    /// # Errors
    /// `DTV_UNIQUE_LIMIT` when a unique check would hold more than its bound.
    pub fn check<C: Cells>(
        &mut self,
        binding: &Binding,
        columns: &mut [Column],
        rows: usize,
        threads: usize,
        cells_of: impl Fn(usize) -> C + Sync,
    ) -> Result<Vec<RowFaults>, GateError> {
        let start = columns.first().map_or(0, Column::len);
        let mut found = vec![Vec::new(); self.fields.len()];
        let fields = self.fields.iter().zip(&binding.sources).zip(columns.iter_mut()).zip(&mut found);
        side_by_side(fields, threads, |(((field, source), column), faults)| match source {
            Some(source) => field.check(column, &cells_of(*source), start, faults),
            None => column.fill_nulls(rows),
        });
        let mut faults: Vec<_> = found.into_iter().flatten().collect();
        let mut keep = Vec::new();
        if !faults.is_empty() {
            keep.resize(rows, true);
            faults.iter().for_each(|(row, _)| keep[*row] = false);
        }
        self.check_unique(columns, start, rows, &mut keep, &mut faults)?;
        if keep.is_empty() {
            return Ok(Vec::new());
        }
        columns.iter_mut().for_each(|column| column.retain(start, &keep));
        Ok(by_row(faults))
    }

    /// Only records that are right otherwise count as seen: a bad first one must not condemn a good second one.
    fn check_unique(
        &mut self,
        columns: &[Column],
        start: usize,
        rows: usize,
        keep: &mut Vec<bool>,
        faults: &mut Vec<(usize, Fault)>,
    ) -> Result<(), GateError> {
        if self.unique.is_empty() {
            return Ok(());
        }
        for row in 0..rows {
            if keep.get(row) == Some(&false) {
                continue;
            }
            let mut is_new = true;
            for index in &mut self.unique {
                if !index.has(columns, start + row) {
                    continue;
                }
                let values = index.positions().iter().map(|&at| {
                    let column: &Column = &columns[at];
                    column.cell(start + row).map_or_else(String::new, |cell| cell_text(&cell, column.data_type()))
                });
                let reason = format!("{} was there before", values.collect::<Vec<_>>().join(", "));
                faults.push((row, Fault { column: Some(index.column()), rule: "unique", reason }));
                is_new = false;
            }
            if is_new {
                self.unique.iter_mut().try_for_each(|index| index.add(columns, start + row))?;
            } else {
                keep.resize(rows, true);
                keep[row] = false;
            }
        }
        Ok(())
    }
}

impl FieldGate {
    fn check(&self, column: &mut Column, cells: &impl Cells, start: usize, faults: &mut Vec<(usize, Fault)>) {
        let mut misfits = Vec::new();
        let nulls = column.fill(cells, &mut misfits);
        let mut add = |row: usize, rule, reason| {
            faults.push((row, Fault { column: Some(self.name.clone()), rule, reason }));
        };
        for &(row, misfit) in &misfits {
            let (shown, kind) = cells.shown(row as usize);
            add(row as usize, "type", describe_misfit(misfit, &shown, &kind, &self.data_type));
        }
        if self.required && nulls > 0 {
            for row in (0..cells.len()).filter(|&row| !column.valid[start + row]) {
                if misfits.binary_search_by_key(&row, |(row, _)| *row as usize).is_err() {
                    add(row, "required", "a value is required".to_owned());
                }
            }
        }
        let mut failed = Vec::new();
        for check in &self.checks {
            check.run(column, start, &mut failed);
            for row in failed.drain(..) {
                let Some(cell) = column.cell(row) else {
                    continue;
                };
                add(row - start, check.rule, check.reason(&cell, &self.data_type));
            }
        }
    }
}

fn missing_columns(fields: &[&FieldGate], names: &[&str], source: &str) -> GateError {
    GateError {
        code: "DTV_COLUMN_MISSING",
        message: format!("{source} has no column {}", nearest(fields, names)),
        culprit: Some(fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")),
        hint: Some(cure_for(names)),
    }
}

/// `'id', 'nmae'; did you mean 'name'?`
fn nearest(fields: &[&FieldGate], names: &[&str]) -> String {
    let shown = fields.iter().map(|field| format!("'{}'{}", field.name, did_you_mean(&field.name, names)));
    shown.collect::<Vec<_>>().join(", ")
}

fn cure_for(names: &[&str]) -> String {
    if let [only] = names
        && let Some(delimiter) = [";", "\t", "|", ","].into_iter().find(|text| only.contains(text))
    {
        let spelled = json_string(delimiter);
        return format!(
            "Its only column is '{only}'. If {spelled} divides the columns, say so: `engine: {{ options: {{ delimiter: {spelled} }} }}`."
        );
    }
    let listed = quoted(names);
    format!(
        "Its columns are {listed}. The contract names columns as the source has them; `map` renames what was checked."
    )
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

/// The faults of each record, records in order. The sort is stable, which keeps the order of fields and rules.
fn by_row(mut faults: Vec<(usize, Fault)>) -> Vec<RowFaults> {
    faults.sort_by_key(|(row, _)| *row);
    let mut rows: Vec<RowFaults> = Vec::new();
    for (row, fault) in faults {
        match rows.last_mut() {
            Some(last) if last.row == row => last.faults.push(fault),
            _ => rows.push(RowFaults { row, faults: vec![fault] }),
        }
    }
    rows
}

fn unique_indexes(contract: &Contract, limit_bytes: usize) -> Vec<UniqueIndex> {
    let names = |keep: fn(&crate::Field) -> bool| {
        contract
            .fields
            .iter()
            .enumerate()
            .filter(move |(_, field)| keep(field))
            .map(|(at, field)| (field.name.clone(), at))
    };
    let mut groups: Vec<(Vec<String>, Vec<usize>)> =
        names(|field| field.unique).map(|(name, at)| (vec![name], vec![at])).collect();
    let key: (Vec<String>, Vec<usize>) = names(|field| field.primary_key).unzip();
    if !key.0.is_empty() {
        groups.push(key);
    }
    let share = limit_bytes / groups.len().max(1);
    groups.into_iter().map(|(names, positions)| UniqueIndex::new(names, positions, share)).collect()
}
