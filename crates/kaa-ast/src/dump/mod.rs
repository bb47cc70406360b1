//! Trees as text: what CPython's `ast.dump` prints.
//!
//! Nodes are described one at a time as lists of fields ([`fields`]) and written from a stack of
//! what is left to write, so that no tree is too deep to print.

mod fields;
mod literals;

use fields::{Field, Node, describe};
pub use literals::{repr_constant, repr_text};

use crate::{Expr, Interner, Mod, Stmt};

/// What `ast.dump` can be asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct DumpOptions {
    /// Print positions (`include_attributes`).
    pub attributes: bool,
    /// Spread over lines, with so many spaces a level (`indent`).
    pub indent: Option<usize>,
}

/// The text of a whole tree.
pub fn dump_module(module: &Mod, interner: &Interner, options: DumpOptions) -> String {
    dump(Node::Mod(module), interner, options)
}

/// The text of a statement.
pub fn dump_stmt(stmt: &Stmt, interner: &Interner, options: DumpOptions) -> String {
    dump(Node::Stmt(stmt), interner, options)
}

/// The text of an expression.
pub fn dump_expr(expr: &Expr, interner: &Interner, options: DumpOptions) -> String {
    dump(Node::Expr(expr), interner, options)
}

/// Something left to write.
enum Task<'t, 'a> {
    Text(&'static str),
    Break(usize),
    Separator(usize),
    Field(&'static str),
    Value(Field<'t, 'a>, usize),
}

fn dump<'t, 'a>(node: Node<'t, 'a>, interner: &Interner, options: DumpOptions) -> String {
    let mut out = String::new();
    let mut tasks = vec![Task::Value(Field::Node(node), 0)];
    let new_line = |out: &mut String, level: usize| {
        if let Some(width) = options.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', width * level));
        }
    };
    while let Some(task) = tasks.pop() {
        match task {
            Task::Text(text) => out.push_str(text),
            Task::Break(level) => new_line(&mut out, level),
            Task::Separator(level) => {
                out.push_str(if options.indent.is_some() { "," } else { ", " });
                new_line(&mut out, level);
            }
            Task::Field(name) => {
                out.push_str(name);
                out.push('=');
            }
            Task::Value(Field::Scalar(text), _) => out.push_str(&text),
            Task::Value(Field::List(items), level) => {
                out.push('[');
                tasks.push(Task::Text("]"));
                let level = level + 1;
                for (i, item) in items.into_iter().enumerate().rev() {
                    tasks.push(Task::Value(item, level));
                    tasks.push(if i > 0 { Task::Separator(level) } else { Task::Break(level) });
                }
            }
            Task::Value(Field::Node(node), level) => {
                let (class, fields) = describe(node, interner, options.attributes);
                out.push_str(class);
                out.push('(');
                tasks.push(Task::Text(")"));
                let simple = |field: &Field| match field {
                    Field::Scalar(_) => true,
                    Field::List(items) => items.is_empty(),
                    Field::Node(node) => describe(*node, interner, options.attributes).1.is_empty(),
                };
                // A few simple fields stay on the line of their node.
                let inline = fields.len() <= 3 && fields.iter().all(|(_, field)| simple(field));
                let level = level + 1;
                for (i, (name, field)) in fields.into_iter().enumerate().rev() {
                    tasks.push(Task::Value(field, level));
                    tasks.push(Task::Field(name));
                    match (i, inline) {
                        (0, true) => {}
                        (0, false) => tasks.push(Task::Break(level)),
                        (_, true) => tasks.push(Task::Text(", ")),
                        (_, false) => tasks.push(Task::Separator(level)),
                    }
                }
            }
        }
    }
    out
}
