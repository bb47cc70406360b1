//! How the fast hashers of Kaa read bytes.

/// Calls a function with words that tell bytes from all others: eight bytes each, the last ones
/// (which may overlap those before) mixed with the length.
#[inline]
pub fn for_each_word(bytes: &[u8], mut add: impl FnMut(u64)) {
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk::<8>()
        && !behind.is_empty()
    {
        add(u64::from_le_bytes(*word));
        rest = behind;
    }
    let last = match (bytes.last_chunk::<8>(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(word), ..) => u64::from_le_bytes(*word),
        (_, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        _ => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    // The length tells texts apart whose last words overlap.
    add(last ^ (bytes.len() as u64) << 56);
}

#[cfg(test)]
mod tests {
    use super::for_each_word;

    #[test]
    fn words_differ_when_bytes_do() {
        let words = |bytes: &[u8]| {
            let mut words = Vec::new();
            for_each_word(bytes, |word| words.push(word));
            words
        };
        let texts: Vec<Vec<u8>> = (0..20).flat_map(|length| [vec![b'a'; length], vec![0; length]]).collect();
        for (index, text) in texts.iter().enumerate().skip(2) {
            assert!(texts[..index].iter().all(|other| words(other) != words(text)), "{text:?}");
        }
    }
}
