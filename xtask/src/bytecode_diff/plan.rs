//! What is compared: aspects of each source, at some optimization levels, with some flags.

use kaa_bytecode::flags;
use serde_json::json;

use crate::arguments::Failure;

/// The aspects, in the order in which totals are printed.
pub const ASPECTS: [&str; 7] = ["code", "dis", "ast", "symtable", "tokens", "warnings", "errors"];

/// The features of `__future__`.
const FUTURES: [(&str, u32); 10] = [
    ("nested_scopes", flags::NESTED),
    ("generators", 0),
    ("division", flags::FUTURE_DIVISION),
    ("absolute_import", flags::FUTURE_ABSOLUTE_IMPORT),
    ("with_statement", flags::FUTURE_WITH_STATEMENT),
    ("print_function", flags::FUTURE_PRINT_FUNCTION),
    ("unicode_literals", flags::FUTURE_UNICODE_LITERALS),
    ("barry_as_FLUFL", flags::FUTURE_BARRY_AS_BDFL),
    ("generator_stop", flags::FUTURE_GENERATOR_STOP),
    ("annotations", flags::FUTURE_ANNOTATIONS),
];

pub struct Plan {
    aspects: Vec<&'static str>,
    levels: Vec<u8>,
    /// Names, with a blank before them, and bits; without a name no flag at all.
    flags: Vec<(String, u32)>,
}

impl Plan {
    pub fn new() -> Plan {
        Plan { aspects: ASPECTS.to_vec(), levels: vec![0], flags: vec![(String::new(), 0)] }
    }

    /// Reads what `--only` says.
    pub fn set_aspects(&mut self, list: &str) -> Result<(), Failure> {
        let find = |name: &str| {
            let known = ASPECTS.into_iter().find(|aspect| *aspect == name);
            known.ok_or_else(|| format!("--only: no aspect {name}; there are {}", ASPECTS.join(", ")))
        };
        self.aspects = list.split(',').map(find).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Reads what `--optimize` says.
    pub fn set_levels(&mut self, list: &str) -> Result<(), Failure> {
        let level = |text: &str| match text {
            "0" => Ok(0),
            "1" => Ok(1),
            "2" => Ok(2),
            _ => Err(format!("--optimize: {text} is none of 0, 1 and 2")),
        };
        let list = if list == "all" { "0,1,2" } else { list };
        self.levels = list.split(',').map(level).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Reads what `--flags` says.
    pub fn set_flags(&mut self, list: &str) -> Result<(), Failure> {
        let named = |(name, bits): (&str, u32)| (format!(" {name}"), bits);
        self.flags = match list {
            "all" => FUTURES.into_iter().map(named).collect(),
            _ => list
                .split(',')
                .map(|name| match FUTURES.into_iter().find(|(known, _)| *known == name) {
                    Some(future) => Ok(named(future)),
                    None if name == "none" => Ok((String::new(), 0)),
                    None => Err(format!("--flags: no feature {name} of __future__")),
                })
                .collect::<Result<_, _>>()?,
        };
        Ok(())
    }

    /// The plan for the script.
    pub fn to_json(&self) -> String {
        json!({ "aspects": self.aspects, "levels": self.levels, "flags": self.flags }).to_string()
    }
}

/// The aspect that a record is of.
pub fn aspect_of(record: &str) -> &str {
    record.split(' ').next().unwrap_or_default()
}
