//! `#[py_module]` and `#[py_functions]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, ImplItem, ItemImpl, LitStr, Path, Result, Token, Type, parenthesized};

use crate::attributes::{Marker, Role};
use crate::py_type::PartArguments;
use crate::wrapper::{Owner, option};

/// The arguments of `#[py_module]`.
pub struct ModuleArguments {
    name: LitStr,
    doc: Option<LitStr>,
    setup: Option<Path>,
    types: Vec<Type>,
    parts: Vec<Path>,
}

impl Parse for ModuleArguments {
    fn parse(input: ParseStream<'_>) -> Result<ModuleArguments> {
        let name = LitStr::new("", input.span());
        let mut arguments = ModuleArguments { name, doc: None, setup: None, types: Vec::new(), parts: Vec::new() };
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            if key == "types" || key == "parts" {
                let inside;
                parenthesized!(inside in input);
                if key == "types" {
                    arguments.types.extend(Punctuated::<Type, Token![,]>::parse_terminated(&inside)?);
                } else {
                    arguments.parts.extend(Punctuated::<Path, Token![,]>::parse_terminated(&inside)?);
                }
            } else {
                input.parse::<Token![=]>()?;
                match key.to_string().as_str() {
                    "name" => arguments.name = input.parse()?,
                    "doc" => arguments.doc = Some(input.parse()?),
                    "setup" => arguments.setup = Some(input.parse()?),
                    _ => return Err(Error::new(key.span(), "unknown argument of #[py_module]")),
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if arguments.name.value().is_empty() {
            return Err(Error::new(arguments.name.span(), "the module's name is missing: name = \"…\""));
        }
        Ok(arguments)
    }
}

/// What the items of a block amount to.
#[derive(Default)]
struct Items {
    wrappers: TokenStream,
    functions: Vec<TokenStream>,
    constants: Vec<TokenStream>,
}

impl Items {
    fn take(block: &mut ItemImpl, module: &str) -> Result<Items> {
        let ty = (*block.self_ty).clone();
        let owner = Owner { ty: &ty, name: module, module: true };
        block.attrs.push(syn::parse_quote!(#[allow(clippy::too_many_arguments, non_upper_case_globals)]));
        let mut items = Items::default();
        for item in &mut block.items {
            match item {
                ImplItem::Fn(function) => {
                    for marker in Marker::take(&mut function.attrs)? {
                        match marker.role {
                            Role::Function => {
                                let wrapper = owner.method(&marker, function)?;
                                items.wrappers.extend(wrapper.function);
                                items.functions.push(wrapper.entry);
                            }
                            Role::Constant => {
                                let name = &function.sig.ident;
                                let vm = (!function.sig.inputs.is_empty()).then(|| quote!(vm));
                                items.add_constant(&marker, name, &function.attrs, quote!(<#ty>::#name(#vm)));
                            }
                            _ => return Err(Error::new(marker.span, "only types have these")),
                        }
                    }
                }
                ImplItem::Const(constant) => {
                    for marker in Marker::take(&mut constant.attrs)? {
                        if marker.role != Role::Constant {
                            return Err(Error::new(marker.span, "expected #[constant]"));
                        }
                        let name = &constant.ident;
                        items.add_constant(&marker, name, &constant.attrs, quote!(<#ty>::#name));
                    }
                }
                _ => {}
            }
        }
        Ok(items)
    }

    fn add_constant(&mut self, marker: &Marker, name: &Ident, attributes: &[syn::Attribute], value: TokenStream) {
        let python_name = marker.text.as_ref().map_or_else(|| name.to_string(), LitStr::value);
        let cfg: TokenStream =
            attributes.iter().filter(|a| a.path().is_ident("cfg")).map(ToTokens::to_token_stream).collect();
        let wrapper = format_ident!("constant_{name}");
        self.wrappers.extend(quote! {
            #cfg
            #[allow(non_snake_case, unused_variables)]
            fn #wrapper(vm: &::kaa_objects::Vm) -> ::kaa_objects::PyResult {
                ::kaa_objects::args::IntoValue::into_value(#value, vm)
            }
        });
        self.constants.push(quote! {
            #cfg
            ::kaa_objects::module_def::ConstantDef { name: #python_name, value: #wrapper }
        });
    }

    fn part(&self) -> TokenStream {
        let (functions, constants) = (&self.functions, &self.constants);
        quote!(::kaa_objects::module_def::ModulePart { functions: &[#(#functions),*], constants: &[#(#constants),*] })
    }
}

pub fn expand(arguments: ModuleArguments, mut block: ItemImpl) -> Result<TokenStream> {
    let name = arguments.name.value();
    let items = Items::take(&mut block, &name)?;
    let doc = option(arguments.doc.as_ref().map(ToTokens::to_token_stream));
    let setup = option(arguments.setup.as_ref().map(ToTokens::to_token_stream));
    let (types, parts, wrappers, part) = (&arguments.types, &arguments.parts, &items.wrappers, items.part());
    let ty = &block.self_ty;
    Ok(quote! {
        #block

        // The type is there to carry the block.
        const _: #ty = #ty;

        /// The module's description.
        #[allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "generated; `args::this` states its contract")]
        pub static MODULE: ::kaa_objects::module_def::ModuleDef = {
            #[allow(unused_imports)]
            use ::kaa_objects::Native as _;

            #wrappers

            ::kaa_objects::module_def::ModuleDef {
                name: #name,
                doc: #doc,
                parts: &[#part #(, #parts)*],
                types: &[#(<#types>::def),*],
                setup: #setup,
            }
        };
    })
}

pub fn expand_part(arguments: PartArguments, mut block: ItemImpl) -> Result<TokenStream> {
    let items = Items::take(&mut block, &arguments.of.value())?;
    let (name, wrappers, part) = (&arguments.name, &items.wrappers, items.part());
    Ok(quote! {
        #block

        /// Functions and constants that this file adds to the module.
        #[allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "generated; `args::this` states its contract")]
        pub(crate) const #name: ::kaa_objects::module_def::ModulePart = {
            #wrappers

            #part
        };
    })
}
