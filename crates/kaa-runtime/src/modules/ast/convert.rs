//! Trees of the parser as objects and back, node by node.
//!
//! A node is [`Node`], what stands in a field of a node is [`Field`], what stands in a list is
//! [`Item`]. The macros below spell the fields of each class out once, for both directions; the
//! Rust names are those of Python but for `typ` and `line`.

use kaa_ast::*;
use kaa_objects::{PyResult, Value};

use super::read::Reader;
use super::state::index_of;
use super::write::Writer;

/// A node of the tree.
pub(super) trait Node<'a>: Sized + Copy {
    /// What a list of them is called; `None` for classes of which `None` is no instance either, but
    /// where that shows only in the fields that it lacks.
    const LIST: Option<&'static str>;
    /// The object of a node.
    fn write(&self, writer: &Writer<'_>) -> PyResult;
    /// The node of an object.
    fn read(reader: &mut Reader<'a, '_>, object: Value) -> PyResult<Self>;
}

/// What stands in a field.
pub(super) trait Field<'a>: Sized {
    fn write(&self, writer: &Writer<'_>) -> PyResult;
    /// Reads what an attribute has; `None` when the object has no such attribute.
    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, place: Place) -> PyResult<Self>;
}

/// What stands in a list.
pub(super) trait Item<'a>: Sized + Copy {
    fn write(&self, writer: &Writer<'_>) -> PyResult;
    fn read(reader: &mut Reader<'a, '_>, value: Value) -> PyResult<Self>;
}

/// A field of a class, for messages.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub class: &'static str,
    pub field: &'static str,
}

/// The name of an attribute.
pub(super) const fn attribute(field: &'static str) -> &'static str {
    match field.as_bytes() {
        b"typ" => "type",
        b"line" => "lineno",
        _ => field,
    }
}

impl<'a, T: Node<'a>> Field<'a> for &'a T {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        (**self).write(writer)
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, place: Place) -> PyResult<Self> {
        let value = reader.required(value, place)?;
        if value.is_none() && T::LIST.is_some() {
            return Err(reader.not_given(place));
        }
        let node = T::read(reader, value)?;
        Ok(reader.arena.alloc(node))
    }
}

impl<'a, T: Node<'a>> Field<'a> for Option<&'a T> {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        self.map_or(Ok(Value::NONE), |node| node.write(writer))
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, _place: Place) -> PyResult<Self> {
        match value.and_then(Value::not_none) {
            Some(value) => {
                let node = T::read(reader, value)?;
                Ok(Some(reader.arena.alloc(node)))
            }
            None => Ok(None),
        }
    }
}

impl<'a, T: Item<'a>> Field<'a> for &'a [T] {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        let list = writer.vm.new_list_with_capacity(self.len())?;
        for item in *self {
            list.push(writer.vm, item.write(writer)?)?;
        }
        Ok(list.value())
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, place: Place) -> PyResult<Self> {
        reader.list(value, place)
    }
}

impl<'a, T: Node<'a>> Item<'a> for T {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        Node::write(self, writer)
    }

    fn read(reader: &mut Reader<'a, '_>, value: Value) -> PyResult<Self> {
        match T::LIST {
            Some(list) if value.is_none() => Err(reader.vm.value_error(format_args!("None disallowed in {list} list"))),
            _ => Node::read(reader, value),
        }
    }
}

/// The keys of a dict display and the defaults of keyword parameters.
impl<'a> Item<'a> for Option<ExprRef<'a>> {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        Field::write(self, writer)
    }

    fn read(reader: &mut Reader<'a, '_>, value: Value) -> PyResult<Self> {
        Field::read(reader, Some(value), Place { class: "expr", field: "" })
    }
}

/// Writes the fields of a node: `fields!(writer, "Class", field, field, …)`.
macro_rules! write_fields {
    ($writer:ident, $class:literal $(, $field:ident)*) => {
        write_fields!($writer, (index_of($class)) $(, $field)*)
    };
    ($writer:ident, ($index:expr) $(, $field:ident)*) => {{
        let node = $writer.node(const { $index })?;
        $(
            let value = Field::write(&$field, $writer)?;
            $writer.set(node, const { attribute(stringify!($field)) }, value)?;
        )*
        node
    }};
}

/// Reads the fields of an object: a list of `field: value`.
macro_rules! read_field {
    ($reader:ident, $object:ident, $class:expr, $field:ident) => {{
        let place = Place { class: $class, field: const { attribute(stringify!($field)) } };
        let value = $reader.attribute($object, place.field)?;
        Field::read($reader, value, place)?
    }};
}

/// Nodes with a position that are one of several classes: `kind` says which, with its fields in
/// place or, where the variant holds a reference, in a struct of their own.
macro_rules! sum {
    ($type:ident, $kind:ident, $name:literal, $list:literal {
        $($variant:ident { $($field:ident),* })*
    } boxed {
        $($boxed:ident($inner:ident) { $($part:ident),* })*
    }) => {
        impl<'a> Node<'a> for $type<'a> {
            const LIST: Option<&'static str> = Some($list);

            fn write(&self, writer: &Writer<'_>) -> PyResult {
                writer.check_stack()?;
                let node = match self.kind {
                    $($kind::$variant { $($field),* } => {
                        // A function of its own keeps the frame of this one small.
                        #[inline(never)]
                        #[allow(clippy::too_many_arguments, unused_variables)]
                        fn write<'a>(kind: &$kind<'a>, writer: &Writer<'_>) -> PyResult {
                            let &$kind::$variant { $($field),* } = kind else { unreachable!() };
                            Ok(write_fields!(writer, (index_of(stringify!($variant))) $(, $field)*))
                        }
                        $(let _ = $field;)*
                        write(&self.kind, writer)?
                    })*
                    $($kind::$boxed(&$inner { $($part),* }) => {
                        write_fields!(writer, (index_of(stringify!($boxed))) $(, $part)*)
                    })*
                };
                writer.set_span(node, self.span)?;
                Ok(node)
            }

            fn read(reader: &mut Reader<'a, '_>, object: Value) -> PyResult<Self> {
                reader.check_stack($name)?;
                let span = reader.span(object, $name)?;
                let number = reader.number_of(object);
                $(if number == Some(const { index_of(stringify!($variant)) }) {
                    #[inline(never)]
                    #[allow(unused_variables)]
                    fn read<'a>(reader: &mut Reader<'a, '_>, object: Value) -> PyResult<$kind<'a>> {
                        Ok($kind::$variant {
                            $($field: read_field!(reader, object, stringify!($variant), $field)),*
                        })
                    }
                    return Ok($type { span, kind: read(reader, object)? });
                })*
                $(if number == Some(const { index_of(stringify!($boxed)) }) {
                    #[inline(never)]
                    fn read<'a>(reader: &mut Reader<'a, '_>, object: Value) -> PyResult<$inner<'a>> {
                        Ok($inner { $($part: read_field!(reader, object, stringify!($boxed), $part)),* })
                    }
                    let inner = read(reader, object)?;
                    return Ok($type { span, kind: $kind::$boxed(reader.arena.alloc(inner)) });
                })*
                Err(reader.unexpected($name, object))
            }
        }
    };
}

/// Nodes of one class, with or without a position.
macro_rules! product {
    ($type:ty, $struct:ident, $name:literal { $($field:ident),* }) => {
        impl<'a> Node<'a> for $type {
            const LIST: Option<&'static str> = None;

            fn write(&self, writer: &Writer<'_>) -> PyResult {
                writer.check_stack()?;
                let &$struct { $($field),* } = self;
                Ok(write_fields!(writer, $name $(, $field)*))
            }

            fn read(reader: &mut Reader<'a, '_>, object: Value) -> PyResult<Self> {
                reader.check_stack($name)?;
                Ok($struct { $($field: read_field!(reader, object, $name, $field)),* })
            }
        }
    };
    ($type:ty, $struct:ident, $name:literal span { $($field:ident),* }) => {
        impl<'a> Node<'a> for $type {
            const LIST: Option<&'static str> = None;

            fn write(&self, writer: &Writer<'_>) -> PyResult {
                writer.check_stack()?;
                let &$struct { span, $($field),* } = self;
                let node = write_fields!(writer, $name $(, $field)*);
                writer.set_span(node, span)?;
                Ok(node)
            }

            fn read(reader: &mut Reader<'a, '_>, object: Value) -> PyResult<Self> {
                reader.check_stack($name)?;
                $(let $field = read_field!(reader, object, $name, $field);)*
                let span = reader.span(object, $name)?;
                Ok($struct { span, $($field),* })
            }
        }
    };
}

/// Classes without fields: operators and contexts.
macro_rules! plain {
    ($type:ident, $name:literal { $($variant:ident)* }) => {
        impl<'a> Item<'a> for $type {
            fn write(&self, writer: &Writer<'_>) -> PyResult {
                Ok(writer.instance(match self { $($type::$variant => const { index_of(stringify!($variant)) },)* }))
            }

            fn read(reader: &mut Reader<'a, '_>, value: Value) -> PyResult<Self> {
                let number = reader.number_of(value);
                $(if number == Some(const { index_of(stringify!($variant)) }) {
                    return Ok($type::$variant);
                })*
                Err(reader.unexpected($name, value))
            }
        }

        impl<'a> Field<'a> for $type {
            fn write(&self, writer: &Writer<'_>) -> PyResult {
                Item::write(self, writer)
            }

            fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, place: Place) -> PyResult<Self> {
                let value = reader.required(value, place)?;
                Item::read(reader, value)
            }
        }
    };
}

sum!(Stmt, StmtKind, "stmt", "statement" {
    Return { value }
    Delete { targets }
    Assign { targets, value, type_comment }
    TypeAlias { name, type_params, value }
    AugAssign { target, op, value }
    AnnAssign { target, annotation, value, simple }
    While { test, body, orelse }
    If { test, body, orelse }
    Match { subject, cases }
    Raise { exc, cause }
    Assert { test, msg }
    Import { names }
    ImportFrom { module, names, level }
    Global { names }
    Nonlocal { names }
    Expr { value }
    Pass {}
    Break {}
    Continue {}
} boxed {
    FunctionDef(FunctionDef) { name, args, body, decorator_list, returns, type_comment, type_params }
    AsyncFunctionDef(FunctionDef) { name, args, body, decorator_list, returns, type_comment, type_params }
    ClassDef(ClassDef) { name, bases, keywords, body, decorator_list, type_params }
    For(For) { target, iter, body, orelse, type_comment }
    AsyncFor(For) { target, iter, body, orelse, type_comment }
    With(With) { items, body, type_comment }
    AsyncWith(With) { items, body, type_comment }
    Try(Try) { body, handlers, orelse, finalbody }
    TryStar(Try) { body, handlers, orelse, finalbody }
});

sum!(Expr, ExprKind, "expr", "expression" {
    BoolOp { op, values }
    NamedExpr { target, value }
    BinOp { left, op, right }
    UnaryOp { op, operand }
    Lambda { args, body }
    IfExp { test, body, orelse }
    Dict { keys, values }
    Set { elts }
    ListComp { elt, generators }
    SetComp { elt, generators }
    DictComp { key, value, generators }
    GeneratorExp { elt, generators }
    Await { value }
    Yield { value }
    YieldFrom { value }
    Compare { left, ops, comparators }
    Call { func, args, keywords }
    FormattedValue { value, conversion, format_spec }
    Interpolation { value, str, conversion, format_spec }
    JoinedStr { values }
    TemplateStr { values }
    Constant { value, kind }
    Attribute { value, attr, ctx }
    Subscript { value, slice, ctx }
    Starred { value, ctx }
    Name { id, ctx }
    List { elts, ctx }
    Tuple { elts, ctx }
    Slice { lower, upper, step }
} boxed {});

sum!(Pattern, PatternKind, "pattern", "pattern" {
    MatchValue { value }
    MatchSingleton { value }
    MatchSequence { patterns }
    MatchMapping { keys, patterns, rest }
    MatchClass { cls, patterns, kwd_attrs, kwd_patterns }
    MatchStar { name }
    MatchAs { pattern, name }
    MatchOr { patterns }
} boxed {});

sum!(TypeParam, TypeParamKind, "type_param", "type parameter" {
    TypeVar { name, bound, default_value }
    ParamSpec { name, default_value }
    TypeVarTuple { name, default_value }
} boxed {});

product!(Arguments<'a>, Arguments, "arguments" { posonlyargs, args, vararg, kwonlyargs, kw_defaults, kwarg, defaults });
product!(Comprehension<'a>, Comprehension, "comprehension" { target, iter, ifs, is_async });
product!(WithItem<'a>, WithItem, "withitem" { context_expr, optional_vars });
product!(MatchCase<'a>, MatchCase, "match_case" { pattern, guard, body });
product!(Arg<'a>, Arg, "arg" span { arg, annotation, type_comment });
product!(Keyword<'a>, Keyword, "keyword" span { arg, value });
product!(Alias, Alias, "alias" span { name, asname });

impl<'a> Node<'a> for ExceptHandler<'a> {
    const LIST: Option<&'static str> = None;

    fn write(&self, writer: &Writer<'_>) -> PyResult {
        writer.check_stack()?;
        let &ExceptHandler { span, typ, name, body } = self;
        let node = write_fields!(writer, "ExceptHandler", typ, name, body);
        writer.set_span(node, span)?;
        Ok(node)
    }

    fn read(reader: &mut Reader<'a, '_>, object: Value) -> PyResult<Self> {
        reader.check_stack("excepthandler")?;
        let span = reader.span(object, "excepthandler")?;
        if reader.number_of(object) != Some(const { index_of("ExceptHandler") }) {
            return Err(reader.unexpected("excepthandler", object));
        }
        Ok(ExceptHandler {
            span,
            typ: read_field!(reader, object, "ExceptHandler", typ),
            name: read_field!(reader, object, "ExceptHandler", name),
            body: read_field!(reader, object, "ExceptHandler", body),
        })
    }
}

impl<'a> Node<'a> for TypeIgnore<'a> {
    const LIST: Option<&'static str> = None;

    fn write(&self, writer: &Writer<'_>) -> PyResult {
        let &TypeIgnore { line, tag } = self;
        Ok(write_fields!(writer, "TypeIgnore", line, tag))
    }

    fn read(reader: &mut Reader<'a, '_>, object: Value) -> PyResult<Self> {
        if object.is_none() {
            return Ok(TypeIgnore { line: 0, tag: "" });
        }
        if reader.number_of(object) != Some(const { index_of("TypeIgnore") }) {
            return Err(reader.unexpected("type_ignore", object));
        }
        Ok(TypeIgnore {
            line: read_field!(reader, object, "TypeIgnore", line),
            tag: read_field!(reader, object, "TypeIgnore", tag),
        })
    }
}

plain!(ExprContext, "expr_context" { Load Store Del });
plain!(BoolOp, "boolop" { And Or });
plain!(Operator, "operator" { Add Sub Mult MatMult Div Mod Pow LShift RShift BitOr BitXor BitAnd FloorDiv });
plain!(UnaryOp, "unaryop" { Invert Not UAdd USub });
plain!(CmpOp, "cmpop" { Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn });

impl<'a> Node<'a> for Mod<'a> {
    const LIST: Option<&'static str> = None;

    fn write(&self, writer: &Writer<'_>) -> PyResult {
        Ok(match *self {
            Mod::Module { body, type_ignores } => write_fields!(writer, "Module", body, type_ignores),
            Mod::Interactive { body } => write_fields!(writer, "Interactive", body),
            Mod::Expression { body } => write_fields!(writer, "Expression", body),
            Mod::FunctionType { argtypes, returns } => write_fields!(writer, "FunctionType", argtypes, returns),
        })
    }

    fn read(reader: &mut Reader<'a, '_>, object: Value) -> PyResult<Self> {
        const MODULE: Option<usize> = Some(index_of("Module"));
        const INTERACTIVE: Option<usize> = Some(index_of("Interactive"));
        const EXPRESSION: Option<usize> = Some(index_of("Expression"));
        const FUNCTION_TYPE: Option<usize> = Some(index_of("FunctionType"));
        Ok(match reader.number_of(object) {
            MODULE => Mod::Module {
                body: read_field!(reader, object, "Module", body),
                type_ignores: read_field!(reader, object, "Module", type_ignores),
            },
            INTERACTIVE => Mod::Interactive { body: read_field!(reader, object, "Interactive", body) },
            EXPRESSION => Mod::Expression { body: read_field!(reader, object, "Expression", body) },
            FUNCTION_TYPE => Mod::FunctionType {
                argtypes: read_field!(reader, object, "FunctionType", argtypes),
                returns: read_field!(reader, object, "FunctionType", returns),
            },
            _ => return Err(reader.unexpected("mod", object)),
        })
    }
}
