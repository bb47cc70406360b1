//! Definitions found by qualified name.

use kaa_ast::{Interner, Mod, Stmt, StmtKind};

/// A qualified name as it may be asked for: without the `<locals>` of functions.
pub fn plain(qualname: &str) -> String {
    qualname.replace(".<locals>", "")
}

/// Whether a qualified name is the one asked for, or of something inside that.
pub fn is_within(qualname: &str, wanted: &str) -> bool {
    let (found, wanted) = (plain(qualname), plain(wanted));
    found.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The functions and classes of a name, in the order of the source; there can be several.
pub fn find<'t, 'a>(module: &'t Mod<'a>, names: &Interner<'a>, wanted: &str) -> Vec<&'t Stmt<'a>> {
    let wanted = plain(wanted);
    let mut found = Vec::new();
    // Lists of statements still to be searched, next one last, with the name around them.
    let mut pending: Vec<(&'t [Stmt<'a>], String)> = Vec::new();
    if let Mod::Module { body, .. } | Mod::Interactive { body } = module {
        pending.push((body, String::new()));
    }
    while let Some((body, around)) = pending.pop() {
        for stmt in body {
            let Some((name, inside)) = definition(stmt) else {
                let inner = bodies(stmt).into_iter().map(|body| (body, around.clone()));
                pending.extend(inner);
                continue;
            };
            let qualname = match &*around {
                "" => names.text(name).to_owned(),
                _ => format!("{around}.{}", names.text(name)),
            };
            if qualname == wanted {
                found.push(stmt);
            } else if wanted.starts_with(&qualname) {
                pending.push((inside, qualname));
            }
        }
    }
    found.sort_by_key(|stmt| (stmt.span.line, stmt.span.col));
    found
}

/// The lines of a definition, decorators included.
pub fn lines(stmt: &Stmt<'_>) -> (i32, i32) {
    let decorators = match stmt.kind {
        StmtKind::FunctionDef(def) | StmtKind::AsyncFunctionDef(def) => def.decorator_list,
        StmtKind::ClassDef(def) => def.decorator_list,
        _ => &[],
    };
    (decorators.first().map_or(stmt.span.line, |first| first.span.line), stmt.span.end_line)
}

fn definition<'a>(stmt: &Stmt<'a>) -> Option<(kaa_ast::Name, &'a [Stmt<'a>])> {
    match stmt.kind {
        StmtKind::FunctionDef(def) | StmtKind::AsyncFunctionDef(def) => Some((def.name, def.body)),
        StmtKind::ClassDef(def) => Some((def.name, def.body)),
        _ => None,
    }
}

/// The lists of statements in a statement that is no definition.
fn bodies<'a>(stmt: &Stmt<'a>) -> Vec<&'a [Stmt<'a>]> {
    match stmt.kind {
        StmtKind::For(each) | StmtKind::AsyncFor(each) => vec![each.body, each.orelse],
        StmtKind::While { body, orelse, .. } | StmtKind::If { body, orelse, .. } => vec![body, orelse],
        StmtKind::With(with) | StmtKind::AsyncWith(with) => vec![with.body],
        StmtKind::Match { cases, .. } => cases.iter().map(|case| case.body).collect(),
        StmtKind::Try(each) | StmtKind::TryStar(each) => {
            let handlers = each.handlers.iter().map(|handler| handler.body);
            [each.body, each.orelse, each.finalbody].into_iter().chain(handlers).collect()
        }
        _ => Vec::new(),
    }
}
