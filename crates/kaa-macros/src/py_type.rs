//! `#[py_type]` and `#[py_methods]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, ImplItem, ItemImpl, LitStr, Path, Result, Token, Type, parenthesized};

use crate::attributes::{Marker, Role};
use crate::wrapper::{Owner, option};

/// The arguments of `#[py_type]`.
pub struct TypeArguments {
    name: LitStr,
    module: Option<LitStr>,
    base: Option<Type>,
    /// The Rust struct of the instances, when the block's own type only names the Python type.
    instances: Option<Type>,
    id: Option<Expr>,
    layout: Option<Ident>,
    flags: Vec<Ident>,
    drop: bool,
    weak_slot: Option<Ident>,
    doc: Option<LitStr>,
    setup: Option<Path>,
    parts: Vec<Path>,
}

impl Parse for TypeArguments {
    fn parse(input: ParseStream<'_>) -> Result<TypeArguments> {
        let mut arguments = TypeArguments {
            name: LitStr::new("", input.span()),
            module: None,
            base: None,
            instances: None,
            id: None,
            layout: None,
            flags: Vec::new(),
            drop: false,
            weak_slot: None,
            doc: None,
            setup: None,
            parts: Vec::new(),
        };
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            let key_text = key.to_string();
            match key_text.as_str() {
                "drop" => arguments.drop = true,
                "flags" | "parts" => {
                    let inside;
                    parenthesized!(inside in input);
                    if key_text == "flags" {
                        arguments.flags.extend(Punctuated::<Ident, Token![,]>::parse_terminated(&inside)?);
                    } else {
                        arguments.parts.extend(Punctuated::<Path, Token![,]>::parse_terminated(&inside)?);
                    }
                }
                _ => {
                    input.parse::<Token![=]>()?;
                    match key_text.as_str() {
                        "name" => arguments.name = input.parse()?,
                        "module" => arguments.module = Some(input.parse()?),
                        "base" => arguments.base = Some(input.parse()?),
                        "instances" => arguments.instances = Some(input.parse()?),
                        "id" => arguments.id = Some(input.parse()?),
                        "layout" => arguments.layout = Some(input.parse()?),
                        "weak_slot" => arguments.weak_slot = Some(input.parse()?),
                        "doc" => arguments.doc = Some(input.parse()?),
                        "setup" => arguments.setup = Some(input.parse()?),
                        _ => return Err(Error::new(key.span(), "unknown argument of #[py_type]")),
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if arguments.name.value().is_empty() {
            return Err(Error::new(arguments.name.span(), "the type's name is missing: name = \"…\""));
        }
        Ok(arguments)
    }
}

/// What the functions of a block amount to.
#[derive(Default)]
struct Items {
    wrappers: TokenStream,
    methods: Vec<TokenStream>,
    getset: Vec<GetSet>,
    /// Initializers of `Slots`.
    slots: Vec<TokenStream>,
    /// The signature text of the constructor.
    constructor: Option<String>,
}

struct GetSet {
    name: String,
    doc: Option<LitStr>,
    member: bool,
    get: Option<Ident>,
    set: Option<Ident>,
}

impl Items {
    /// Reads the marked functions of a block and removes the markers.
    fn take(block: &mut ItemImpl, python_name: &str) -> Result<Items> {
        let ty = (*block.self_ty).clone();
        let owner = Owner { ty: &ty, name: python_name, module: false };
        // Names and parameters are those that Python's protocols ask for.
        block.attrs.push(syn::parse_quote!(#[allow(
            clippy::len_without_is_empty,
            clippy::new_ret_no_self,
            clippy::should_implement_trait,
            clippy::too_many_arguments,
            clippy::wrong_self_convention
        )]));
        let mut items = Items::default();
        for item in &mut block.items {
            let ImplItem::Fn(function) = item else { continue };
            for marker in Marker::take(&mut function.attrs)? {
                items.add(&owner, &marker, function)?;
            }
        }
        Ok(items)
    }

    fn add(&mut self, owner: &Owner<'_>, marker: &Marker, function: &syn::ImplItemFn) -> Result<()> {
        let wrapper = match marker.role {
            Role::Method | Role::ClassMethod | Role::StaticMethod => owner.method(marker, function)?,
            Role::New | Role::Init => owner.constructor(marker, function)?,
            Role::Slot => owner.slot(marker, function)?,
            Role::Getter => owner.getter(marker, function)?,
            Role::Setter => owner.setter(marker, function)?,
            Role::Function | Role::Constant => {
                return Err(Error::new(marker.span, "only modules have these"));
            }
        };
        self.wrappers.extend(wrapper.function);
        let name = wrapper.name;
        match marker.role {
            Role::New => self.slots.push(quote!(new: Some(#name))),
            Role::Init => self.slots.push(quote!(init: Some(#name))),
            Role::Slot => {
                let slot = format_ident!("{}", marker.text()?.value());
                self.slots.push(quote!(#slot: Some(#name)));
            }
            Role::Getter | Role::Setter => self.add_getset(marker, name)?,
            _ => self.methods.push(wrapper.entry),
        }
        if let Some(text) = wrapper.constructor {
            self.constructor = Some(text);
        }
        Ok(())
    }

    fn add_getset(&mut self, marker: &Marker, wrapper: Ident) -> Result<()> {
        let name = marker.text()?.value();
        let at = match self.getset.iter().position(|entry| entry.name == name) {
            Some(at) => at,
            None => {
                self.getset.push(GetSet { name, doc: None, member: false, get: None, set: None });
                self.getset.len() - 1
            }
        };
        let entry = &mut self.getset[at];
        let function = if marker.role == Role::Getter { &mut entry.get } else { &mut entry.set };
        if function.replace(wrapper).is_some() {
            return Err(Error::new(marker.span, "this attribute has one already"));
        }
        entry.member |= marker.member;
        if entry.doc.is_none() {
            entry.doc.clone_from(&marker.doc);
        }
        Ok(())
    }

    fn method_table(&self) -> TokenStream {
        let methods = &self.methods;
        quote!(&[#(#methods),*])
    }

    fn getset_table(&self) -> TokenStream {
        let entries = self.getset.iter().map(|entry| {
            let name = &entry.name;
            let doc = option(entry.doc.as_ref().map(ToTokens::to_token_stream));
            let get = option(entry.get.as_ref().map(ToTokens::to_token_stream));
            let set = option(entry.set.as_ref().map(ToTokens::to_token_stream));
            let member = entry.member;
            quote!(::kaa_objects::class::GetSetDef {
                name: #name, doc: #doc, member: #member, get: #get, set: #set
            })
        });
        quote!(&[#(#entries),*])
    }
}

pub fn expand(arguments: TypeArguments, mut block: ItemImpl) -> Result<TokenStream> {
    let name = arguments.name.value();
    let items = Items::take(&mut block, &name)?;
    let ty = &block.self_ty;
    let instances = arguments.instances.as_ref().unwrap_or(ty);
    let module = arguments.module.as_ref().map_or_else(|| quote!("builtins"), ToTokens::to_token_stream);
    let base = match &arguments.base {
        None => quote!(Some(<::kaa_objects::types::object::PyObject>::def)),
        Some(base) if base.to_token_stream().to_string() == "none" => quote!(None),
        Some(base) => quote!(Some(<#base>::def)),
    };
    let doc = match (&items.constructor, &arguments.doc) {
        (None, None) => None,
        (None, Some(doc)) => Some(doc.value()),
        (Some(text), doc) => Some(format!("{text}\n--\n\n{}", doc.as_ref().map_or_else(String::new, LitStr::value))),
    };
    let doc = option(doc.map(|doc| doc.to_token_stream()));
    let flags = &arguments.flags;
    let (trace, variable) = layout(&arguments, instances)?;
    let drop = option(arguments.drop.then(|| quote!(::kaa_objects::object::drop_native::<#instances>)));
    let weak_slot =
        option(arguments.weak_slot.as_ref().map(|field| quote!(::core::mem::offset_of!(#instances, #field) as u16)));
    let setup = option(arguments.setup.as_ref().map(ToTokens::to_token_stream));
    let index = arguments.id.as_ref().map_or_else(|| quote!(0), ToTokens::to_token_stream);
    let parts = &arguments.parts;
    let (wrappers, slots) = (&items.wrappers, &items.slots);
    let (methods, getset) = (items.method_table(), items.getset_table());
    let implementation = implementation(&arguments, ty);
    Ok(quote! {
        #block

        #[allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "generated; `args::this` states its contract")]
        const _: () = {
            // So that `def` is found whether it is a method of the trait or the type's own.
            #[allow(unused_imports)]
            use ::kaa_objects::Native as _;

            #wrappers

            static DEF: ::kaa_objects::class::TypeDef = ::kaa_objects::class::TypeDef {
                name: #name,
                module: #module,
                doc: #doc,
                base: #base,
                flags: 0 #(| ::kaa_objects::class::flags::#flags)*,
                layout: ::kaa_objects::class::Layout {
                    size: ::core::mem::size_of::<#instances>(),
                    variable: #variable,
                    trace: #trace,
                    drop: #drop,
                    weak_slot: #weak_slot,
                },
                slots: ::kaa_objects::class::Slots { #(#slots,)* ..::kaa_objects::class::Slots::NONE },
                methods: &[#methods #(, #parts.methods)*],
                getset: &[#getset #(, #parts.getset)*],
                setup: #setup,
                index: ::core::sync::atomic::AtomicU32::new(#index),
            };

            #implementation
        };
    })
}

/// What makes the description known: `Native`, or a function `def` where several Python types have
/// instances of one Rust struct.
fn implementation(arguments: &TypeArguments, ty: &Type) -> TokenStream {
    if arguments.instances.is_some() {
        return quote! {
            impl #ty {
                /// The description of the Python type.
                pub fn def() -> &'static ::kaa_objects::class::TypeDef {
                    &DEF
                }
            }
        };
    }
    let shape = arguments.id.as_ref().map(|id| quote!(const SHAPE: u32 = #id;));
    quote! {
        // SAFETY: the struct is repr(C) and begins with its header, as `py_type` demands.
        unsafe impl ::kaa_objects::Native for #ty {
            fn def() -> &'static ::kaa_objects::class::TypeDef {
                &DEF
            }
            #shape
        }
    }
}

/// How instances lie in memory: the trace kind, and whether the layout is variable.
fn layout(arguments: &TypeArguments, ty: &Type) -> Result<(TokenStream, bool)> {
    let Some(layout) = &arguments.layout else {
        return Ok((custom(ty), false));
    };
    let kind = quote!(::kaa_objects::class::TraceKind);
    Ok(match layout.to_string().as_str() {
        "custom" => (custom(ty), false),
        "values" => (quote!(#kind::Values), false),
        "raw" => (quote!(#kind::Raw), false),
        "variable_values" => (quote!(#kind::Values), true),
        "variable_raw" => (quote!(#kind::Raw), true),
        _ => {
            let message = "expected custom, values, raw, variable_values or variable_raw";
            return Err(Error::new(layout.span(), message));
        }
    })
}

fn custom(ty: &Type) -> TokenStream {
    quote!(::kaa_objects::class::TraceKind::Custom(::kaa_objects::object::trace_native::<#ty>))
}

/// The arguments of `#[py_methods(NAME, of = "type")]` and `#[py_functions(NAME, of = "module")]`.
pub struct PartArguments {
    pub name: Ident,
    pub of: LitStr,
}

impl Parse for PartArguments {
    fn parse(input: ParseStream<'_>) -> Result<PartArguments> {
        let name = input.parse()?;
        input.parse::<Token![,]>()?;
        let key: Ident = input.parse()?;
        if key != "of" {
            return Err(Error::new(key.span(), "expected `of = \"…\"`"));
        }
        input.parse::<Token![=]>()?;
        Ok(PartArguments { name, of: input.parse()? })
    }
}

pub fn expand_part(arguments: PartArguments, mut block: ItemImpl) -> Result<TokenStream> {
    let items = Items::take(&mut block, &arguments.of.value())?;
    if !items.slots.is_empty() {
        return Err(Error::new(arguments.name.span(), "slots and constructors belong into the block of #[py_type]"));
    }
    let (name, wrappers) = (&arguments.name, &items.wrappers);
    let (methods, getset) = (items.method_table(), items.getset_table());
    Ok(quote! {
        #block

        /// Methods and computed attributes that this file adds to the type.
        #[allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "generated; `args::this` states its contract")]
        pub(crate) const #name: ::kaa_objects::class::TypePart = {
            #wrappers

            ::kaa_objects::class::TypePart { methods: #methods, getset: #getset }
        };
    })
}
