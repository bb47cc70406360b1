//! Names as the compiler needs them: the ones it knows by itself, mangling of private names, and
//! the shared texts that code objects hold.

use kaa_ast::{Arena, Interner, Name};
use kaa_bytecode::{NameList, NamePool, TextBytes};
use std::sync::Arc;

macro_rules! known_names {
    ($($field:ident = $text:literal;)*) => {
        /// Names that the compiler itself looks for or emits.
        #[derive(Clone, Copy)]
        pub struct KnownNames {
            $(pub $field: Name,)*
        }

        impl KnownNames {
            /// Interns them all.
            pub fn new(names: &mut Interner<'_>) -> KnownNames {
                KnownNames { $($field: names.intern($text),)* }
            }
        }
    };
}

known_names! {
    all = "all";
    annotate = "__annotate__";
    annotate_func = "__annotate_func__";
    annotations = "__annotations__";
    any = "any";
    class = "__class__";
    classcell = "__classcell__";
    classdict = "__classdict__";
    classdictcell = "__classdictcell__";
    conditional_annotations = "__conditional_annotations__";
    debug = "__debug__";
    defaults = ".defaults";
    dictcomp = "<dictcomp>";
    doc = "__doc__";
    dunder_name = "__name__";
    empty = "";
    firstlineno = "__firstlineno__";
    first_parameter = ".0";
    format = "format";
    format_parameter = ".format";
    future = "__future__";
    generic_base = ".generic_base";
    genexpr = "<genexpr>";
    join = "join";
    kwdefaults = ".kwdefaults";
    lambda = "<lambda>";
    listcomp = "<listcomp>";
    module_name = "<module>";
    module = "__module__";
    qualname = "__qualname__";
    return_annotation = "return";
    self_name = "self";
    setcomp = "<setcomp>";
    star = "*";
    static_attributes = "__static_attributes__";
    super_name = "super";
    top = "top";
    symtable_dictcomp = "dictcomp";
    symtable_genexpr = "genexpr";
    symtable_lambda = "lambda";
    symtable_listcomp = "listcomp";
    symtable_setcomp = "setcomp";
    tuple = "tuple";
    type_params = "__type_params__";
    type_params_variable = ".type_params";
}

/// The names of one compilation.
pub struct NameContext<'c, 'a> {
    pub interner: &'c mut Interner<'a>,
    pub arena: &'a Arena,
    pub known: KnownNames,
    /// By name, whether it is private; for the names that there were at the start.
    private: Vec<bool>,
}

impl<'c, 'a> NameContext<'c, 'a> {
    pub fn new(interner: &'c mut Interner<'a>, arena: &'a Arena) -> Self {
        let known = KnownNames::new(interner);
        let count = interner.len() as u32;
        let private = (0..count).map(|name| is_private(interner.text(Name(name)))).collect();
        NameContext { interner, arena, known, private }
    }

    /// Whether a name is subject to mangling.
    pub fn is_private(&self, name: Name) -> bool {
        match self.private.get(name.0 as usize) {
            Some(&private) => private,
            None => is_private(self.text(name)),
        }
    }

    pub fn text(&self, name: Name) -> &'a str {
        self.interner.text(name)
    }

    /// The name of a text that may not live as long as the tree.
    pub fn intern(&mut self, text: &str) -> Name {
        match self.interner.get(text) {
            Some(name) => name,
            None => self.interner.intern(self.arena.alloc_str(text)),
        }
    }

    /// A private name (`__x`) as it is called inside the class `private`: `_Class__x`. Other names,
    /// and names inside a class whose own name is nothing but underscores, stay what they are.
    pub fn mangle(&mut self, private: Option<Name>, name: Name) -> Name {
        let Some(class) = private else { return name };
        if !self.is_private(name) {
            return name;
        }
        let text = self.text(name);
        let class = self.text(class).trim_start_matches('_');
        if class.is_empty() {
            return name;
        }
        let mut mangled = String::with_capacity(1 + class.len() + text.len());
        mangled.push('_');
        mangled.push_str(class);
        mangled.push_str(text);
        self.intern(&mangled)
    }
}

/// Private are names that begin with two underscores, but do not end in two or contain a dot, which
/// modules of an import do.
fn is_private(text: &str) -> bool {
    text.starts_with("__") && !text.ends_with("__") && !text.contains('.')
}

/// The texts of names as code objects hold them: each made once for a compilation.
pub struct NameTexts {
    /// The names that there were at the start; a name's number is its number there.
    pool: Arc<NamePool>,
    texts: Vec<Option<TextBytes>>,
}

impl NameTexts {
    pub fn new(names: &Interner<'_>) -> NameTexts {
        let texts = (0..names.len() as u32).map(|name| names.text(Name(name)));
        NameTexts { pool: Arc::new(texts.collect()), texts: Vec::new() }
    }

    /// A code object's list of names.
    pub fn list(&self, list: &[Name], names: &Interner<'_>) -> NameList {
        match list.iter().all(|name| (name.0 as usize) < self.pool.len()) {
            true => NameList::new(&self.pool, list.iter().map(|name| name.0).collect()),
            // Some names come up only while code is generated: mangled attributes.
            false => list.iter().map(|&name| names.text(name)).collect(),
        }
    }

    /// The text of a name as a constant, shared by all code objects that use it.
    pub fn get(&mut self, name: Name, names: &Interner<'_>) -> TextBytes {
        let index = name.0 as usize;
        if index >= self.texts.len() {
            self.texts.resize(names.len().max(index + 1), None);
        }
        self.texts[index].get_or_insert_with(|| names.text(name).as_bytes().into()).clone()
    }
}
