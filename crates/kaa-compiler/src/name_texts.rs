//! The texts of names as code objects hold them: each made once for a compilation.

use kaa_ast::{Interner, Name};
use kaa_bytecode::TextBytes;

/// Shared texts by name.
#[derive(Default)]
pub struct NameTexts {
    texts: Vec<Option<TextBytes>>,
}

impl NameTexts {
    /// The text of a name, shared by all code objects that use it.
    pub fn get(&mut self, name: Name, names: &Interner<'_>) -> TextBytes {
        let index = name.0 as usize;
        if index >= self.texts.len() {
            self.texts.resize(names.len().max(index + 1), None);
        }
        self.texts[index].get_or_insert_with(|| names.text(name).as_bytes().into()).clone()
    }
}
