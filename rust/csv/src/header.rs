//! Names of columns: those of `csv-header.ts`.

use std::collections::HashMap;

/// Wider tables are refused: they come from a wrong delimiter or an attack.
pub const MAX_COLUMNS: usize = 10_000;

/// Names from the fields of a header, and warnings about those that had to be made.
///
/// # Errors
/// A sentence about a name that stands twice.
pub fn name_columns(header: Vec<String>, source: &str) -> Result<(Vec<String>, Vec<String>), String> {
    let mut positions: HashMap<String, usize> = HashMap::new();
    for (index, name) in header.iter().enumerate() {
        if let (Some(first), false) = (positions.insert(name.clone(), index), name.is_empty()) {
            return Err(format!("'{name}' is the name of column {} and of column {}", first + 1, index + 1));
        }
    }
    let mut warnings = Vec::new();
    let named = header.into_iter().enumerate().map(|(index, name)| {
        if !name.is_empty() {
            return name;
        }
        let made = distinct_name(&format!("column_{}", index + 1), &positions);
        warnings.push(format!("{source}: Column {} has no name in the header; it is called '{made}'", index + 1));
        made
    });
    Ok((named.collect(), warnings))
}

/// The names of columns where there is no header.
pub fn number_columns(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("column_{number}")).collect()
}

/// # Errors
/// A sentence beyond [`MAX_COLUMNS`].
pub fn refuse_too_many(count: usize) -> Result<(), String> {
    if count <= MAX_COLUMNS {
        return Ok(());
    }
    Err(format!("there are {count} columns, more than the {MAX_COLUMNS} that are read"))
}

fn distinct_name(wanted: &str, taken: &HashMap<String, usize>) -> String {
    let numbered = (2..).map(|number| format!("{wanted}_{number}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
    names.find(|name| !taken.contains_key(name)).unwrap_or_else(|| wanted.to_owned())
}
