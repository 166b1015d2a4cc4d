//! What a contract says of records, in the sentences of the TypeScript gate.

use dativo_gate::{Cells, Contract, Gate, GateError, RowFaults, Text};

struct Texts(Vec<Option<&'static str>>);

// SAFETY: they are literals of Rust.
unsafe impl Cells for Texts {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn plain(&self, row: usize) -> Option<Text<'_>> {
        self.0[row].map(|text| text.as_bytes().into())
    }
    fn get<'a>(&'a self, row: usize, _: &'a mut Vec<u8>) -> Option<Text<'a>> {
        self.plain(row)
    }
}

fn gate(fields: &str) -> Result<Gate, GateError> {
    Gate::compile(Contract::from_json(&format!(r#"{{"name":"a","fields":[{fields}]}}"#))?, 1 << 20)
}

/// Checks one column of cells; the faults as `row: rule: reason`, and the number of rows left.
fn check(field: &str, cells: &[Option<&'static str>]) -> (Vec<String>, usize) {
    let mut gate = gate(field).unwrap();
    let binding = gate.bind(&["v"], "a.csv").unwrap();
    let mut columns = gate.columns();
    let rows = gate.check(&binding, &mut columns, cells.len(), 1, |_| Texts(cells.to_vec())).unwrap();
    let show = |RowFaults { row, faults }: RowFaults| {
        faults.into_iter().map(move |fault| format!("{row}: {}: {}", fault.rule, fault.reason))
    };
    (rows.into_iter().flat_map(show).collect(), columns[0].len())
}

#[test]
fn faults_name_rule_and_value() {
    let (faults, left) = check(
        r#"{"name":"v","type":"integer","required":true,"minimum":1,"exclusiveMaximum":10,"enum":[1,2,11]}"#,
        &[Some("1"), None, Some("x"), Some("11"), Some("0"), Some("2")],
    );
    assert_eq!(
        faults,
        [
            "1: required: a value is required",
            "2: type: \"x\" is not an integer",
            "3: exclusiveMaximum: 11 is not below 10",
            "4: enum: 0 is not one of 1, 2, 11",
            "4: minimum: 0 is below the minimum 1",
        ]
    );
    assert_eq!(left, 2);
}

#[test]
fn texts_have_patterns_formats_and_lengths() {
    let (faults, left) = check(
        r#"{"name":"v","type":"string","pattern":"^\\w+","minLength":2,"maxLength":3,"format":"hostname"}"#,
        &[Some("ab"), Some("é"), Some("abcd"), None],
    );
    assert_eq!(
        faults,
        [
            "1: pattern: \"é\" does not match ^\\w+",
            "1: format: \"é\" is not a valid hostname",
            "1: min_length: \"é\" has 1 characters, fewer than 2",
            "2: max_length: \"abcd\" has 4 characters, more than 3",
        ]
    );
    assert_eq!(left, 2);
}

#[test]
fn only_good_records_count_as_seen() {
    let (faults, left) = check(
        r#"{"name":"v","type":"double","unique":true,"maximum":5}"#,
        &[Some("9"), Some("1"), Some("9"), Some("1.0"), Some("0"), Some("-0"), None, None],
    );
    assert_eq!(
        faults,
        [
            "0: maximum: 9 is above the maximum 5",
            "2: maximum: 9 is above the maximum 5",
            "3: unique: 1 was there before",
            "5: unique: 0 was there before",
        ]
    );
    assert_eq!(left, 4);
}

#[test]
fn a_unique_check_has_a_bound() {
    let mut gate = Gate::compile(
        Contract::from_json(r#"{"name":"a","fields":[{"name":"v","type":"integer","primaryKey":true}]}"#).unwrap(),
        100,
    )
    .unwrap();
    let binding = gate.bind(&["v"], "a.csv").unwrap();
    let mut columns = gate.columns();
    let cells = ["1", "2", "3", "4"].map(Some).to_vec();
    let error = gate.check(&binding, &mut columns, 4, 1, |_| Texts(cells.clone())).unwrap_err();
    assert_eq!(error.code, "DTV_UNIQUE_LIMIT");
    assert_eq!(error.message, "The unique check of v holds 3 values and has no memory for more");
}

#[test]
fn rules_that_cannot_be_checked_are_refused() {
    let cases = [
        (
            r#"{"name":"v","type":"integer","pattern":"a"}"#,
            "Rule 'pattern' of field 'v': it needs string, the field is integer",
        ),
        (r#"{"name":"v","type":"integer","minimum":1.5}"#, "Rule 'minimum' of field 'v': 1.5 is not an integer"),
        (
            r#"{"name":"v","type":"date","maximum":5}"#,
            "Rule 'maximum' of field 'v': 5, which is a number, is not a date",
        ),
        (r#"{"name":"v","type":"integer","enum":["x"]}"#, "Rule 'enum' of field 'v': \"x\" is not an integer"),
        (
            r#"{"name":"v","type":"string","format":"mail"}"#,
            "Rule 'format' of field 'v': 'mail' is not one of email, uuid, uri, hostname, ipv4, ipv6",
        ),
    ];
    for (field, message) in cases {
        assert_eq!(gate(field).unwrap_err().message, message);
    }
}

#[test]
fn a_source_without_a_required_column_is_refused() {
    let fields = r#"{"name":"name","type":"string","required":true},{"name":"x","type":"string"}"#;
    let gate = gate(fields).unwrap();
    let error = gate.bind(&["id", "nmae"], "a.csv").unwrap_err();
    assert_eq!(error.message, "a.csv has no column 'name'; did you mean 'nmae'?");
    assert_eq!(
        error.hint.unwrap(),
        "Its columns are 'id', 'nmae'. The contract names columns as the source has them; `map` renames what was checked."
    );
    assert_eq!(
        gate.bind(&["name", "y"], "a.csv").unwrap().warnings,
        [
            "a.csv: columns that are not there are null: 'x'; did you mean 'y'?",
            "a.csv: columns that the contract does not name are left out: 'y'",
        ]
    );
}

#[test]
fn what_stays_with_the_host_is_named() {
    let fields = r#"{"name":"a","type":"array<integer>"},{"name":"b","type":"string","pattern":"(?=x)"},{"name":"c","type":"date"}"#;
    let contract = Contract::from_json(&format!(r#"{{"name":"a","fields":[{fields}]}}"#)).unwrap();
    let reasons = contract.unsupported();
    assert_eq!(reasons.len(), 2);
    assert_eq!(reasons[0], "field 'a': array<integer> is not converted natively");
    assert!(reasons[1].starts_with("field 'b': the pattern (?=x) is not run natively"));
}
