//! Packs the names of characters: `names.rs` in `$OUT_DIR`, the tables that `src/names/table.rs`
//! describes and reads.

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::path::Path;
use std::{env, fs};

#[path = "src/names/hash.rs"]
mod hash;

/// Names are read from the start of their block.
const BLOCK: usize = 16;
/// What the first byte of a name has room for.
const MOST_KEPT: usize = 7;
const MOST_NEW: usize = 31;

const ALIASES: &str = include_str!("src/names/aliases.txt");

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/names/hash.rs");
    println!("cargo::rerun-if-changed=src/names/aliases.txt");
    let hangul = '\u{ac00}'..='\u{d7a3}';
    let mut names: Vec<(u32, String)> = Vec::new();
    let mut ranges: Vec<(u32, u32, String)> = Vec::new();
    for c in (char::MIN..=char::MAX).filter(|c| !hangul.contains(c)) {
        let Some(name) = unicode_names2::name(c) else { continue };
        let (code, name) = (u32::from(c), name.to_string());
        match name.strip_suffix(&format!("-{code:X}")) {
            None => names.push((code, name)),
            Some(prefix) => match ranges.last_mut().filter(|range| range.1 + 1 == code && range.2 == prefix) {
                Some(range) => range.1 = code,
                None => ranges.push((code, code, prefix.to_owned())),
            },
        }
    }
    let own_names = names.len();
    for line in ALIASES.lines() {
        let (name, code) = line.split_once(';').expect("a name and a code");
        names.push((u32::from_str_radix(code, 16).expect("a code"), name.to_owned()));
    }
    assert!(names.len() < usize::from(u16::MAX), "indices have two bytes");

    let mut runs: Vec<(u32, u16)> = Vec::new();
    for (index, (code, _)) in names[..own_names].iter().enumerate() {
        if index == 0 || names[index - 1].0 + 1 != *code {
            runs.push((*code, index as u16));
        }
    }
    let (buckets, members) = hashed(&names);
    let mut out = String::new();
    let mut put = |name: &str, of: &str, items: &dyn Debug| {
        writeln!(out, "pub static {name}: &[{of}] = &{items:?};").expect("a string takes all");
    };
    put("RANGES", "(u32, u32, &str)", &ranges);
    put("RUNS", "(u32, u16)", &runs);
    put("ALIASED", "u32", &names[own_names..].iter().map(|(code, _)| *code).collect::<Vec<_>>());
    put("BUCKETS", "u16", &buckets);
    put("MEMBERS", "u16", &members);
    let packed = Packed::new(&names.iter().map(|(_, name)| words(name)).collect::<Vec<_>>());
    put("LENGTHS", "u16", &packed.lengths);
    put("COMMON", "u16", &packed.common);
    put("BLOCKS", "u32", &packed.blocks);
    put("NAMES", "u8", &packed.names);
    writeln!(out, "pub static WORDS: &str = {:?};", packed.text).expect("a string takes all");
    writeln!(out, "pub const BLOCK: usize = {BLOCK};\npub const OWN_NAMES: usize = {own_names};")
        .expect("a string takes all");
    writeln!(out, "pub const LONGEST: usize = {};", names.iter().map(|(_, name)| name.len()).max().unwrap_or(0))
        .expect("a string takes all");
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&folder).join("names.rs"), out).expect("the build directory can be written");
}

/// Where the buckets end among their members, and the members: indices of names, in the order of
/// the buckets.
fn hashed(names: &[(u32, String)]) -> (Vec<u16>, Vec<u16>) {
    let mut buckets = vec![Vec::new(); names.len() / 4];
    for (index, (_, name)) in names.iter().enumerate() {
        let bucket = hash::hash(name.as_bytes()) as usize % buckets.len();
        buckets[bucket].push(index as u16);
    }
    let mut end = 0;
    let ends = buckets.iter().map(|bucket| {
        end += bucket.len() as u16;
        end
    });
    (ends.collect(), buckets.concat())
}

/// The words of a name: what stands between spaces; a hyphen begins a word, too.
fn words(name: &str) -> Vec<String> {
    name.replace('-', " -").split(' ').map(str::to_owned).collect()
}

/// Names in their packed form.
struct Packed {
    text: String,
    lengths: Vec<u16>,
    common: Vec<u16>,
    blocks: Vec<u32>,
    names: Vec<u8>,
}

impl Packed {
    fn new(names: &[Vec<String>]) -> Packed {
        let kept = |index: usize| match index % BLOCK {
            0 => 0,
            _ => names[index].iter().zip(&names[index - 1]).take(MOST_KEPT).take_while(|(a, b)| a == b).count(),
        };
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for (index, words) in names.iter().enumerate() {
            words[kept(index)..].iter().for_each(|word| *uses.entry(word).or_default() += 1);
        }
        let mut ordered: Vec<&str> = uses.keys().copied().collect();
        ordered.sort_by_key(|word| (word.len(), *word));
        let numbers: HashMap<&str, u16> = ordered.iter().zip(0..).map(|(word, number)| (*word, number)).collect();
        let longest = ordered.last().map_or(0, |word| word.len());
        let shorter = |length: usize| ordered.iter().filter(|word| word.len() < length).count() as u16;

        // Each byte that no common word has stands for 256 others, with the byte behind it.
        let common_count = 256 - ordered.len().div_ceil(256);
        let mut by_use = ordered.clone();
        by_use.sort_by_key(|word| (usize::MAX - uses[word], *word));
        by_use.truncate(common_count);
        let short: HashMap<&str, u8> = by_use.iter().zip(0..).map(|(word, byte)| (*word, byte)).collect();

        let (mut blocks, mut bytes) = (Vec::new(), Vec::new());
        for (index, words) in names.iter().enumerate() {
            let kept = kept(index);
            if index % BLOCK == 0 {
                blocks.push(bytes.len() as u32);
            }
            assert!(words.len() - kept <= MOST_NEW, "{words:?}");
            bytes.push((kept << 5 | (words.len() - kept)) as u8);
            for word in &words[kept..] {
                match (short.get(word.as_str()), usize::from(numbers[word.as_str()])) {
                    (Some(byte), _) => bytes.push(*byte),
                    (None, number) => bytes.extend([(common_count + number / 256) as u8, number as u8]),
                }
            }
        }
        Packed {
            text: ordered.concat(),
            lengths: (0..=longest + 1).map(shorter).collect(),
            common: by_use.iter().map(|word| numbers[word]).collect(),
            blocks,
            names: bytes,
        }
    }
}
