//! What the command is given.
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Default)]
pub struct Settings {
    /// Files and folders that it may read.
    pub reads: Vec<PathBuf>,
    /// Folders that it may fill and empty.
    pub writes: Vec<PathBuf>,
    pub network: bool,
    /// Of its own, in bytes.
    pub memory: Option<u64>,
    /// Over all of its life.
    pub cpu_seconds: Option<u64>,
    /// It ends with this process.
    pub parent: Option<u32>,
    /// Empty where only a check is asked for.
    pub command: Vec<OsString>,
}

impl Settings {
    pub fn parse(mut given: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut settings = Self::default();
        while let Some(option) = given.next() {
            let name = option.to_string_lossy().into_owned();
            match name.as_str() {
                "--check" => return Ok(settings),
                "--network" => settings.network = true,
                "--" => {
                    settings.command = given.collect();
                    return if settings.command.is_empty() { Err("-- needs a command".into()) } else { Ok(settings) };
                }
                "--read" => settings.reads.push(value(&name, &mut given)?.into()),
                "--write" => settings.writes.push(value(&name, &mut given)?.into()),
                "--memory" => settings.memory = Some(number(&name, &mut given)?),
                "--cpu-seconds" => settings.cpu_seconds = Some(number(&name, &mut given)?),
                "--parent" => settings.parent = Some(number(&name, &mut given)?),
                _ => return Err(format!("{name} is no option")),
            }
        }
        Err("neither --check nor a command was given".into())
    }
}

fn value(name: &str, given: &mut impl Iterator<Item = OsString>) -> Result<OsString, String> {
    given.next().ok_or_else(|| format!("{name} needs a value"))
}

fn number<T: std::str::FromStr>(name: &str, given: &mut impl Iterator<Item = OsString>) -> Result<T, String> {
    let text = value(name, given)?;
    text.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| format!("{name} needs a number"))
}
