//! The nearest known name to a misspelt one, as `lib/contract/options.ts` finds it.

/// `; did you mean 'id'?`, or nothing when no name is near.
pub fn did_you_mean(name: &str, known: &[&str]) -> String {
    let wanted = units(name);
    let best = known.iter().map(|word| (distance(&wanted, &units(word)), word)).min_by_key(|(far, _)| *far);
    let reach = (name.encode_utf16().count() / 3).max(1);
    match best {
        Some((far, word)) if far <= reach => format!("; did you mean '{word}'?"),
        _ => String::new(),
    }
}

fn units(text: &str) -> Vec<u16> {
    text.to_lowercase().encode_utf16().collect()
}

/// Letters in another order are one slip, not two.
fn distance(a: &[u16], b: &[u16]) -> usize {
    let sorted = |units: &[u16]| {
        let mut points: Vec<u32> =
            char::decode_utf16(units.iter().copied()).map(|point| point.map_or(0xfffd, u32::from)).collect();
        points.sort_unstable();
        points
    };
    if a != b && sorted(a) == sorted(b) { 1 } else { levenshtein(a, b) }
}

fn levenshtein(a: &[u16], b: &[u16]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = if x == y { diagonal } else { 1 + diagonal.min(row[j]).min(row[j + 1]) };
            diagonal = row[j + 1];
            row[j + 1] = cost;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn names_what_is_near_and_nothing_else() {
        assert_eq!(did_you_mean("nmae", &["id", "name"]), "; did you mean 'name'?");
        assert_eq!(did_you_mean("Price", &["price_eur", "prices"]), "; did you mean 'prices'?");
        assert_eq!(did_you_mean("city", &["id", "name"]), "");
    }
}
