//! For readers of local files: what the configuration names, and how a file is known again.
use crate::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use std::fs::File;
use std::time::UNIX_EPOCH;

/// The paths of `files:`, in their order.
pub fn paths(config: &Value) -> Result<Vec<String>> {
    let none = Vec::new();
    let entries = config["files"].as_array().unwrap_or(&none).iter();
    let paths = entries.map(|entry| {
        let path = ["path", "file", "file_path"].iter().find_map(|key| entry[key].as_str());
        path.map(str::to_owned).ok_or_else(|| refusal("A file entry must include a 'path' or 'file' field"))
    });
    paths.collect()
}

/// A split for each file.
pub fn splits(paths: &[String]) -> Result<Vec<Value>> {
    let split = |path: &String| {
        let facts = std::fs::metadata(path).map_err(|cause| unreadable(path, cause))?;
        Ok(json!({ "id": path, "sizeBytes": facts.len() }))
    };
    paths.iter().map(split).collect()
}

/// One sentence about files that can all be opened.
pub fn check(paths: &[String]) -> Result<String> {
    for path in paths {
        open(path)?;
    }
    Ok(format!("{} {} can be read", paths.len(), if paths.len() == 1 { "file" } else { "files" }))
}

pub fn open(path: &str) -> Result<File> {
    File::open(path).map_err(|cause| unreadable(path, cause))
}

/// Where reading ended when all of a file was read: its size and time, by which one that changes is told.
pub fn position(path: &str, file: &File) -> Result<Value> {
    let facts = file.metadata().map_err(|cause| unreadable(path, cause))?;
    let since = facts.modified().map_err(|cause| unreadable(path, cause))?.duration_since(UNIX_EPOCH);
    let nanos = since.map_or(0, |since| since.as_nanos());
    Ok(json!({ "path": path, "sizeBytes": facts.len(), "mtimeNs": nanos.to_string() }))
}

/// True when the position of an earlier run says that this very file was read.
pub fn is_read(path: &str, before: Option<&Value>, now: &Value) -> Result<bool> {
    match before {
        None => Ok(false),
        Some(before) if before == now => Ok(true),
        Some(_) => Err(changed(path, "has changed since it was loaded")),
    }
}

pub fn unreadable(path: &str, cause: std::io::Error) -> Error {
    let code = match cause.kind() {
        std::io::ErrorKind::NotFound => "DTV_SOURCE_NOT_FOUND",
        _ => "DTV_SOURCE_UNREADABLE",
    };
    let message = format!("Cannot read {path}: {cause}");
    Error::new(Error::from(cause).kind, message).with_detail(json!({ "code": code, "culprit": path }))
}

/// `how`: "changed while it was read".
pub fn changed(path: &str, how: &str) -> Error {
    let detail = json!({ "code": "DTV_SOURCE_CHANGED", "culprit": path });
    Error::new(ErrorKind::Conflict, format!("{path} {how}")).with_detail(detail)
}

/// An option that cannot be.
pub fn refusal(message: impl Into<String>) -> Error {
    Error::config(message).with_detail(json!({ "code": "DTV_OPTION_INVALID" }))
}
