//! «Did you mean»: the candidate that is nearest to a misspelt name, by CPython's measure.

/// Cost of an insertion, deletion or substitution.
const MOVE: usize = 2;
/// Cost of a change of case.
const CASE: usize = 1;
const MAX_CANDIDATES: usize = 750;
const MAX_LEN: usize = 40;

/// The candidate most like `name`, if one is like it.
pub fn suggestion<'c>(name: &str, candidates: &[&'c str]) -> Option<&'c str> {
    if candidates.len() >= MAX_CANDIDATES {
        return None;
    }
    let mut best: Option<(&str, usize)> = None;
    for &candidate in candidates.iter().filter(|&&candidate| candidate != name) {
        // No more than a third of the characters may need a change.
        let limit = (name.len() + candidate.len() + 3) * MOVE / 6;
        let limit = match best {
            Some((_, 0)) => break,
            Some((_, distance)) => limit.min(distance - 1),
            None => limit,
        };
        if let Some(distance) = distance(name.as_bytes(), candidate.as_bytes(), limit) {
            best = Some((candidate, distance));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// The Levenshtein distance of two texts, when it is within a limit.
fn distance<'t>(mut a: &'t [u8], mut b: &'t [u8], limit: usize) -> Option<usize> {
    while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    while let ([rest_a @ .., x], [rest_b @ .., y]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    if a.len() > b.len() {
        std::mem::swap(&mut a, &mut b);
    }
    if a.is_empty() {
        return Some(b.len() * MOVE).filter(|&cost| cost <= limit);
    }
    if b.len() > MAX_LEN || (b.len() - a.len()) * MOVE > limit {
        return None;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE).collect();
    let mut result = 0;
    for (index, &y) in b.iter().enumerate() {
        let mut diagonal = index * MOVE;
        result = diagonal;
        let mut minimum = usize::MAX;
        for (&x, cell) in a.iter().zip(&mut row) {
            let substitute = diagonal + substitution(x, y);
            diagonal = *cell;
            result = (result.min(diagonal) + MOVE).min(substitute);
            *cell = result;
            minimum = minimum.min(result);
        }
        if minimum > limit {
            return None;
        }
    }
    Some(result).filter(|&cost| cost <= limit)
}

fn substitution(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE
    } else {
        MOVE
    }
}

#[cfg(test)]
mod tests {
    use super::suggestion;

    #[test]
    fn near_names_are_suggested() {
        // As `f(valu=1)` and the like say in CPython 3.14.
        assert_eq!(suggestion("valu", &["value", "other"]), Some("value"));
        assert_eq!(suggestion("Value", &["values", "value"]), Some("value"));
        assert_eq!(suggestion("xyz", &["value", "other"]), None);
        assert_eq!(suggestion("a", &["b"]), None);
    }
}
