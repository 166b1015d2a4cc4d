//! Columns: what a contract says of them, and what stands in them.
use crate::line::Line;
use crate::random::Random;
use serde_json::{Map, Value, json};

pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// Records of a thousand that have no value here.
    pub missing: u64,
    /// Whether the contract has a rule for the values, besides their type.
    pub is_ruled: bool,
}

#[derive(Clone, Copy)]
pub enum Kind {
    /// The number of the record, from 1.
    Id,
    /// Few texts, known beforehand.
    Status,
    /// Hardly one twice, in a form that a pattern describes.
    Email,
    /// Hardly one twice; commas, quotes and line breaks now and then.
    Note,
    Score,
    Amount,
    Active,
    Born,
    /// Microseconds, later with every record.
    CreatedAt,
    Visits,
}

const STATUSES: [&str; 6] = ["active", "trial", "paused", "cancelled", "overdue", "closed"];
const NAMES: [&str; 24] = [
    "ada", "amir", "ana", "bruno", "chen", "clara", "dmitri", "elena", "emma", "fatima", "felix", "grace", "hiro",
    "ines", "jonas", "kofi", "lena", "mateo", "nadia", "oscar", "priya", "rosa", "samuel", "yuki",
];
const SURNAMES: [&str; 16] = [
    "andersson",
    "bauer",
    "costa",
    "dubois",
    "evans",
    "fischer",
    "garcia",
    "haddad",
    "ito",
    "jensen",
    "kowalski",
    "lopez",
    "mensah",
    "novak",
    "okafor",
    "patel",
];
const DOMAINS: [&str; 8] = [
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "post.example.de",
    "example.co.uk",
    "correo.example.es",
    "example.jp",
];
const WORDS: [&str; 32] = [
    "parcel", "late", "called", "twice", "refund", "agreed", "window", "seat", "asked", "for", "invoice", "moved",
    "house", "new", "address", "waiting", "answer", "from", "office", "spring", "sale", "returned", "damaged",
    "colour", "green", "blue", "grün", "café", "again", "before", "Monday", "évident",
];
/// 2023-01-01T00:00:00 in days and in microseconds since 1970.
const START_DAY: u64 = 19_358;
const DAY_MICROS: u64 = 86_400_000_000;

impl Column {
    /// As `dativo_gate::Contract` and an asset of Dativo both take it.
    pub fn field(&self) -> Value {
        let mut field = Map::new();
        field.insert("name".to_owned(), json!(self.name));
        field.insert("type".to_owned(), json!(self.kind.type_name()));
        if self.missing == 0 {
            field.insert("required".to_owned(), json!(true));
        }
        if self.is_ruled {
            field.extend(self.kind.rules());
        }
        Value::Object(field)
    }

    pub fn write(&self, row: u64, random: &mut Random, line: &mut Line) {
        if self.missing == 0 || random.below(1000) >= self.missing {
            self.kind.write(row, random, line);
        }
    }
}

impl Kind {
    /// Whether a dictionary pays. No rule: a peer that cannot find out by itself is told.
    pub fn has_few_values(self) -> bool {
        matches!(self, Self::Status | Self::Born | Self::Visits)
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Id | Self::Visits => "integer",
            Self::Status | Self::Email | Self::Note => "string",
            Self::Score => "double",
            Self::Amount => "decimal(12,2)",
            Self::Active => "boolean",
            Self::Born => "date",
            Self::CreatedAt => "timestamp",
        }
    }

    fn rules(self) -> Map<String, Value> {
        let rules = match self {
            Self::Status => json!({ "enum": STATUSES }),
            Self::Email => json!({ "pattern": r"^[a-z0-9._]+@[a-z0-9.-]+\.[a-z]{2,}$" }),
            Self::Amount => json!({ "minimum": 0, "maximum": 1_000_000 }),
            _ => json!({}),
        };
        rules.as_object().cloned().unwrap_or_default()
    }

    fn write(self, row: u64, random: &mut Random, line: &mut Line) {
        match self {
            Self::Id => line.number(row),
            // The first is the usual one.
            Self::Status => line.text(if random.below(2) == 0 { STATUSES[0] } else { random.one_of(&STATUSES) }),
            Self::Email => write_email(random, line),
            Self::Note => write_note(random, line),
            Self::Score => write_fraction(random.below(1_000_000_000), 10_000, 4, line),
            Self::Amount => write_fraction(random.below(50_000_000) >> random.below(16), 100, 2, line),
            Self::Active => line.text(if random.below(4) == 0 { "false" } else { "true" }),
            Self::Born => write_date(random.below(25_000), line),
            Self::CreatedAt => {
                let micros = row * 3_000_000 + random.below(3_000_000);
                write_date(START_DAY + micros / DAY_MICROS, line);
                write_time(micros % DAY_MICROS, line);
            }
            Self::Visits => line.number(random.below(5000) >> random.below(10)),
        }
    }
}

fn write_email(random: &mut Random, line: &mut Line) {
    line.text(random.one_of(&NAMES));
    line.byte(b'.');
    line.text(random.one_of(&SURNAMES));
    line.number(random.below(100_000));
    line.byte(b'@');
    line.text(random.one_of(&DOMAINS));
}

fn write_note(random: &mut Random, line: &mut Line) {
    let (comma, quote, line_break) = match random.below(1000) {
        0..40 => (true, false, false),
        40..50 => (false, true, false),
        50..52 => (true, true, true),
        _ => (false, false, false),
    };
    let is_quoted = comma || quote || line_break;
    if is_quoted {
        line.byte(b'"');
    }
    line.text(random.one_of(&WORDS));
    if comma {
        line.byte(b',');
    }
    for _ in 0..1 + random.below(4) {
        line.byte(b' ');
        line.text(random.one_of(&WORDS));
    }
    if line_break {
        line.byte(b'\n');
    }
    line.text(if quote { " \"\"no. " } else { " " });
    line.number(random.below(100_000));
    line.text(if quote { "\"\"" } else { "" });
    if is_quoted {
        line.byte(b'"');
    }
}

fn write_fraction(value: u64, divisor: u64, digits: usize, line: &mut Line) {
    line.number(value / divisor);
    line.byte(b'.');
    line.padded(value % divisor, digits);
}

/// A day as days since 1970: Howard Hinnant's `civil_from_days`, for years after 0.
fn write_date(days: u64, line: &mut Line) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    line.padded(era * 400 + year_of_era + u64::from(month <= 2), 4);
    line.byte(b'-');
    line.padded(month, 2);
    line.byte(b'-');
    line.padded(day, 2);
}

fn write_time(micros: u64, line: &mut Line) {
    let seconds = micros / 1_000_000;
    for (mark, part) in [(b'T', seconds / 3600), (b':', seconds / 60 % 60), (b':', seconds % 60)] {
        line.byte(mark);
        line.padded(part, 2);
    }
    line.byte(b'.');
    line.padded(micros % 1_000_000, 6);
}
