//! The functions that Python calls: they unpack the arguments, call the Rust function and convert
//! what it gives.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Error, ImplItemFn, Lit, LitStr, Result, Type};

use crate::attributes::{Marker, Role};
use crate::function::{Function, last_name};
use crate::signature::Signature;
use crate::slots;

/// Where the functions stand.
pub struct Owner<'a> {
    /// The Rust type whose functions they are.
    pub ty: &'a Type,
    /// The name of the Python type, or of the module.
    pub name: &'a str,
    /// Whether it is a module.
    pub module: bool,
}

/// A wrapper and the entry that refers to it.
pub struct Wrapper {
    pub name: Ident,
    pub function: TokenStream,
    /// The `MethodDef` for methods and functions.
    pub entry: TokenStream,
    /// The signature text of a constructor that has one.
    pub constructor: Option<String>,
}

impl Owner<'_> {
    /// How errors about the number of arguments name a function: CPython's qualified name.
    fn qualname(&self, name: &str) -> String {
        if self.name == "builtins" { name.to_owned() } else { format!("{}.{name}", self.name) }
    }

    /// The wrapper of a method, class method, static method or module function.
    pub fn method(&self, marker: &Marker, item: &ImplItemFn) -> Result<Wrapper> {
        let function = Function::new(item)?;
        let (kind, bound) = match marker.role {
            Role::Method => ("Instance", Some("self")),
            Role::ClassMethod => ("Class", Some("type")),
            Role::Function => ("Static", Some("module")),
            _ => ("Static", None),
        };
        let cfg = function.cfg();
        let (python_name, text, body);
        if marker.raw {
            python_name = marker.text()?.value();
            text = marker.signature.as_ref().map(LitStr::value);
            body = self.raw_body(marker, &function)?;
        } else {
            let signature = marker.parse_signature()?;
            let bound = signature.bound.clone().or(bound.map(str::to_owned));
            let shown = || signature.text_signature(bound.as_deref().filter(|_| marker.role != Role::StaticMethod));
            text = Some(marker.signature.as_ref().map_or_else(shown, LitStr::value));
            let qualname = self.qualname(&signature.name);
            body = self.parsed_body(marker, &function, &signature, &qualname)?;
            python_name = signature.name;
        }
        // Named for Python: a function may have two markers, with two names.
        let kind_name = if self.module { "function" } else { "method" };
        let name = wrapper_name(kind_name, &python_name, marker)?;
        let kind = format_ident!("{kind}");
        let text = option(text.map(|text| text.to_token_stream()));
        let doc = option(marker.doc.as_ref().map(ToTokens::to_token_stream));
        Ok(Wrapper {
            function: quote! {
                #cfg
                fn #name(vm: &::kaa_objects::Vm, this: ::kaa_objects::Value, args: ::kaa_objects::Args<'_>) -> ::kaa_objects::PyResult {
                    #body
                }
            },
            entry: quote! {
                #cfg
                ::kaa_objects::class::MethodDef {
                    name: #python_name,
                    signature: #text,
                    doc: #doc,
                    kind: ::kaa_objects::class::MethodKind::#kind,
                    function: #name,
                }
            },
            name,
            constructor: None,
        })
    }

    /// The wrapper of `#[new]` or `#[init]`.
    pub fn constructor(&self, marker: &Marker, item: &ImplItemFn) -> Result<Wrapper> {
        let function = Function::new(item)?;
        let name = format_ident!("slot_{}", if marker.role == Role::New { "new" } else { "init" });
        let (constructor, body);
        if marker.raw {
            constructor = marker.signature.as_ref().map(|text| format!("{}{}", self.name, text.value()));
            body = self.raw_body(marker, &function)?;
        } else {
            let signature = marker.parse_signature()?;
            let hidden = marker.signature.as_ref().is_some_and(|text| text.value().is_empty());
            constructor = (!hidden).then(|| format!("{}{}", self.name, signature.text_signature(None)));
            body = self.parsed_body(marker, &function, &signature, &signature.name)?;
        }
        let (first, gives) = match marker.role {
            Role::New => (quote!(::kaa_objects::Gc<::kaa_objects::class::PyType>), quote!(::kaa_objects::Value)),
            _ => (quote!(::kaa_objects::Value), quote!(())),
        };
        let function = quote! {
            fn #name(vm: &::kaa_objects::Vm, this: #first, args: ::kaa_objects::Args<'_>) -> ::kaa_objects::PyResult<#gives> {
                #body
            }
        };
        Ok(Wrapper { name, function, entry: TokenStream::new(), constructor })
    }

    /// The wrapper of a slot.
    pub fn slot(&self, marker: &Marker, item: &ImplItemFn) -> Result<Wrapper> {
        let slot = marker.text()?;
        let function = Function::new(item)?;
        if slot.value() == "new" {
            return self.constructor(
                &Marker {
                    role: Role::New,
                    raw: true,
                    member: false,
                    keywords_apart: false,
                    span: marker.span,
                    text: None,
                    doc: None,
                    signature: None,
                },
                item,
            );
        }
        let shape = slots::shape(&slot.value())
            .ok_or_else(|| Error::new(slot.span(), format!("there is no slot `{}`", slot.value())))?;
        if function.count() != shape.extra.len() + 1 {
            let message = format!("this slot takes {} parameters beside `&Vm`", shape.extra.len() + 1);
            return Err(Error::new(item.sig.span(), message));
        }
        if !shape.first_is_self && function.first_type().is_none_or(|ty| last_name(ty).as_deref() != Some("Value")) {
            let message = "either operand of this slot may be of the type: take Values";
            return Err(Error::new(item.sig.span(), message));
        }
        let this = self.receiver();
        let call = function.call(self.ty, this, |number, ty| match number {
            0 => Ok(self.convert_this(ty)),
            _ => Ok(format_ident!("argument_{number}").to_token_stream()),
        })?;
        let (extra, gives) = (&shape.extra, &shape.gives);
        let names = (1..=extra.len()).map(|number| format_ident!("argument_{number}"));
        let call = match (shape.gives_value, function.may_raise) {
            (true, _) => quote!(::kaa_objects::args::IntoValue::into_value(#call, vm)),
            (false, true) => call,
            (false, false) => quote!(Ok(#call)),
        };
        let name = format_ident!("slot_{}", slot.value());
        let function = quote! {
            #[allow(unused_variables)]
            fn #name(vm: &::kaa_objects::Vm, this: ::kaa_objects::Value #(, #names: #extra)*) -> ::kaa_objects::PyResult<#gives> {
                #call
            }
        };
        Ok(Wrapper { name, function, entry: TokenStream::new(), constructor: None })
    }

    /// The wrapper of a getter.
    pub fn getter(&self, marker: &Marker, item: &ImplItemFn) -> Result<Wrapper> {
        let function = Function::new(item)?;
        if function.count() != 1 {
            return Err(Error::new(item.sig.span(), "a getter takes the object and `&Vm`"));
        }
        let call = function.call(self.ty, self.receiver(), |_, ty| Ok(self.convert_this(ty)))?;
        let name = wrapper_name("get", &marker.text()?.value(), marker)?;
        let function = quote! {
            fn #name(vm: &::kaa_objects::Vm, this: ::kaa_objects::Value) -> ::kaa_objects::PyResult {
                ::kaa_objects::args::IntoValue::into_value(#call, vm)
            }
        };
        Ok(Wrapper { name, function, entry: TokenStream::new(), constructor: None })
    }

    /// The wrapper of a setter.
    pub fn setter(&self, marker: &Marker, item: &ImplItemFn) -> Result<Wrapper> {
        let function = Function::new(item)?;
        if function.count() != 2 {
            return Err(Error::new(item.sig.span(), "a setter takes the object, the value and `&Vm`"));
        }
        let mut unwrap = TokenStream::new();
        let call = function.call(self.ty, self.receiver(), |number, ty| {
            if number == 0 {
                return Ok(self.convert_this(ty));
            }
            if last_name(ty).as_deref() != Some("Option") {
                unwrap = quote!(let value = ::kaa_objects::args::value_to_set(vm, value)?;);
            }
            Ok(quote!(value))
        })?;
        let name = wrapper_name("set", &marker.text()?.value(), marker)?;
        let call = if function.may_raise { call } else { quote!({ #call; Ok(()) }) };
        let function = quote! {
            fn #name(
                vm: &::kaa_objects::Vm,
                this: ::kaa_objects::Value,
                value: ::core::option::Option<::kaa_objects::Value>,
            ) -> ::kaa_objects::PyResult<()> {
                #unwrap
                #call
            }
        };
        Ok(Wrapper { name, function, entry: TokenStream::new(), constructor: None })
    }

    /// A body that passes the arguments as they are.
    fn raw_body(&self, marker: &Marker, function: &Function<'_>) -> Result<TokenStream> {
        let bound = self.binds(marker, function);
        if function.count() != usize::from(bound) + 1 {
            let message = if bound { "expected the object (or class) and `Args`" } else { "expected `Args`" };
            return Err(Error::new(function.item.sig.span(), message));
        }
        let call = function.call(self.ty, self.receiver(), |number, ty| match number {
            0 if bound => Ok(self.convert_bound(marker.role, ty)),
            _ => Ok(quote!(args)),
        })?;
        Ok(self.convert_result(marker, function, call))
    }

    /// A body that unpacks the arguments by the signature.
    fn parsed_body(
        &self,
        marker: &Marker,
        function: &Function<'_>,
        signature: &Signature,
        qualname: &str,
    ) -> Result<TokenStream> {
        let bound = self.binds(marker, function);
        let variable = usize::from(signature.var_positional) + usize::from(signature.var_keyword);
        let expected = signature.params.len() + variable + usize::from(bound);
        if function.count() != expected {
            let message = format!(
                "the signature has {} parameters, this function {} (beside `&Vm`{})",
                signature.params.len() + variable,
                function.count() - usize::from(bound).min(function.count()),
                if bound { " and the object" } else { "" },
            );
            return Err(Error::new(function.item.sig.span(), message));
        }
        // `*args` comes after the positional parameters, `**kwargs` last.
        let rest_at = signature.var_positional.then_some(signature.positional);
        let call = function.call(self.ty, self.receiver(), |number, ty| {
            if bound && number == 0 {
                return Ok(self.convert_bound(marker.role, ty));
            }
            let at = number - usize::from(bound);
            match rest_at {
                Some(rest) if at == rest => Ok(quote!(given.rest())),
                Some(rest) if at > rest => argument(signature, at - 1, ty),
                _ => argument(signature, at, ty),
            }
        })?;
        let call = self.convert_result(marker, function, call);
        let Signature { name, positional_only, positional, var_positional, var_keyword, .. } = signature;
        let params = signature.params.iter().map(|param| &param.name);
        let (required, required_keywords) = (signature.required(), signature.required_keywords());
        let constructor = matches!(marker.role, Role::New | Role::Init);
        let keywords_apart = marker.keywords_apart;
        let count = signature.params.len();
        let no_keywords = constructor && *positional_only == count && !var_keyword;
        let owner = self.ty;
        let relax = match marker.role {
            Role::New if no_keywords => quote!(let args = SIGNATURE.args_for_new(vm, <#owner>::def(), this, args);),
            Role::Init if no_keywords => quote!(let args = SIGNATURE.args_for_init(vm, <#owner>::def(), this, args);),
            _ => TokenStream::new(),
        };
        let unused = if count + variable == 0 { quote!(let _ = given;) } else { TokenStream::new() };
        Ok(quote! {
            static SIGNATURE: ::kaa_objects::args::Signature = ::kaa_objects::args::Signature {
                name: #name,
                qualname: #qualname,
                params: &[#(#params),*],
                positional_only: #positional_only,
                positional: #positional,
                required: #required,
                required_keywords: #required_keywords,
                var_positional: #var_positional,
                var_keyword: #var_keyword,
                constructor: #constructor,
                keywords_apart: #keywords_apart,
            };
            #relax
            let mut row = [::core::option::Option::None; #count];
            let given = SIGNATURE.bind(vm, args, &mut row)?;
            #unused
            #call
        })
    }

    /// Whether the Rust function takes what the method is bound to: always, but for static methods
    /// and for module functions that do not ask for the module.
    fn binds(&self, marker: &Marker, function: &Function<'_>) -> bool {
        match marker.role {
            Role::StaticMethod => false,
            Role::Function => {
                function.first_type().is_some_and(|ty| ty.to_token_stream().to_string().ends_with("PyModule >"))
            }
            _ => true,
        }
    }

    /// The conversion of the bound object.
    fn convert_bound(&self, role: Role, ty: &Type) -> TokenStream {
        if role == Role::New { quote!(this) } else { self.convert_this(ty) }
    }

    /// The expression for `&self`.
    fn receiver(&self) -> TokenStream {
        let this = self.this_as(&self.ty.to_token_stream());
        quote!(&*#this)
    }

    /// The bound object as a type that it is known to be an instance of.
    fn this_as(&self, ty: &TokenStream) -> TokenStream {
        // SAFETY: (of the generated code) what calls the wrapper (a slot, a descriptor, a class) has
        // checked the class of `this`.
        quote!(unsafe { ::kaa_objects::args::this::<#ty>(vm, this) })
    }

    /// The conversion of `this: Value`, known to be an instance of the type, to what is declared.
    fn convert_this(&self, ty: &Type) -> TokenStream {
        match ty {
            Type::Reference(reference) => {
                let inner = &reference.elem;
                let owner = self.ty;
                let inner = if last_name(inner).as_deref() == Some("Self") { quote!(#owner) } else { quote!(#inner) };
                let this = self.this_as(&inner);
                quote!(&*#this)
            }
            _ if last_name(ty).as_deref() == Some("Value") => quote!(this),
            _ => self.this_as(&quote!(_)),
        }
    }

    fn convert_result(&self, marker: &Marker, function: &Function<'_>, call: TokenStream) -> TokenStream {
        match marker.role {
            Role::Init if function.may_raise => call,
            Role::Init => quote!({ #call; Ok(()) }),
            _ => quote!(::kaa_objects::args::IntoValue::into_value(#call, vm)),
        }
    }
}

/// The name of the wrapper of what Python calls `python_name`.
fn wrapper_name(kind: &str, python_name: &str, marker: &Marker) -> Result<Ident> {
    let name = format!("{kind}_{python_name}");
    syn::parse_str(&name).map_err(|_| Error::new(marker.span, format!("`{python_name}` is not a name")))
}

/// The expression that converts the argument of a parameter.
fn argument(signature: &Signature, at: usize, ty: &Type) -> Result<TokenStream> {
    let Some(param) = signature.params.get(at) else {
        return Ok(quote!(given.keywords()));
    };
    let Some(default) = &param.default else {
        return Ok(
            quote!(::kaa_objects::args::FromValue::from_value(vm, given.required(#at), SIGNATURE.argument(#at))?),
        );
    };
    let converted = quote!(::kaa_objects::args::FromValue::from_value(vm, value, SIGNATURE.argument(#at))?);
    let (found, default) = match last_name(ty).as_deref() {
        // `None` given for a default of `None` is the same as nothing given.
        Some("Option") if default == "None" => (converted, quote!(::core::option::Option::None)),
        Some("Option") => (quote!(::core::option::Option::Some(#converted)), quote!(::core::option::Option::None)),
        name => (
            converted,
            default_value(default, name.unwrap_or("")).ok_or_else(|| {
                Error::new(
                    ty.span(),
                    format!("the default `{default}` has no {} form: take an Option", ty.to_token_stream()),
                )
            })?,
        ),
    };
    Ok(quote! {
        match given.get(#at) {
            ::core::option::Option::Some(value) => #found,
            ::core::option::Option::None => #default,
        }
    })
}

/// A default's text as an expression of a Rust type.
fn default_value(text: &str, ty: &str) -> Option<TokenStream> {
    const INTEGERS: &[&str] = &["i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];
    let integer = INTEGERS.contains(&ty);
    let value = ty == "Value";
    Some(match text {
        "None" if value => quote!(::kaa_objects::Value::NONE),
        "True" if value => quote!(::kaa_objects::Value::TRUE),
        "False" if value => quote!(::kaa_objects::Value::FALSE),
        "True" if ty == "bool" => quote!(true),
        "False" if ty == "bool" => quote!(false),
        "sys.maxsize" if matches!(ty, "i64" | "isize") => {
            let ty = format_ident!("{ty}");
            quote!(#ty::MAX)
        }
        "sys.maxsize" if matches!(ty, "u64" | "usize") => {
            let ty = format_ident!("{ty}");
            quote!((isize::MAX as #ty))
        }
        _ => {
            let (negative, digits) = match text.strip_prefix('-') {
                Some(digits) => (true, digits),
                None => (false, text),
            };
            let sign = negative.then(|| quote!(-));
            if let Some(quoted) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
                let rust: LitStr = syn::parse_str(&format!("\"{}\"", quoted.replace('"', "\\\""))).ok()?;
                return match ty {
                    "Value" => Some(quote!(vm.intern(#rust).value())),
                    "Gc" => Some(quote!(vm.intern(#rust))),
                    _ => None,
                };
            }
            match syn::parse_str::<Lit>(digits).ok()? {
                Lit::Int(literal) if integer => quote!(#sign #literal),
                Lit::Int(literal) if value => quote!(::kaa_objects::Value::small_int(#sign #literal)),
                Lit::Int(literal) if ty == "f64" => quote!(#sign #literal as f64),
                Lit::Float(literal) if ty == "f64" => quote!(#sign #literal),
                _ => return None,
            }
        }
    })
}

/// `Some(…)` or `None`.
pub fn option(tokens: Option<TokenStream>) -> TokenStream {
    match tokens {
        Some(tokens) => quote!(::core::option::Option::Some(#tokens)),
        None => quote!(::core::option::Option::None),
    }
}
