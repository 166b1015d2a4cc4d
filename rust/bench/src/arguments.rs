//! Words of the command line: places, and `--name value`.
use crate::{Result, USAGE};
use std::collections::BTreeMap;
use std::str::FromStr;

pub struct Arguments {
    places: Vec<String>,
    options: BTreeMap<String, String>,
}

const KNOWN: [&str; 5] = ["rows", "seed", "contract", "threads", "level"];

impl Arguments {
    pub fn parse(words: &[String]) -> Result<Self> {
        let (mut places, mut options) = (Vec::new(), BTreeMap::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.strip_prefix("--") {
                Some(name) if KNOWN.contains(&name) => {
                    let value = words.next().ok_or_else(|| format!("--{name} needs a value"))?;
                    options.insert(name.to_owned(), value.clone());
                }
                Some(_) => return Err(format!("{word} is not known here\n{USAGE}")),
                None => places.push(word.clone()),
            }
        }
        Ok(Self { places, options })
    }

    pub fn place(&self, index: usize, what: &str) -> Result<&str> {
        self.places.get(index).map(String::as_str).ok_or_else(|| format!("{what} is missing\n{USAGE}"))
    }

    pub fn text(&self, name: &str) -> Result<&str> {
        self.options.get(name).map(String::as_str).ok_or_else(|| format!("--{name} is missing\n{USAGE}"))
    }

    pub fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T> {
        let Some(text) = self.options.get(name) else { return Ok(default) };
        text.parse().map_err(|_| format!("--{name} is a whole number, got {text}"))
    }
}
