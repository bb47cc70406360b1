//! `#[derive(Trace)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Index, Member, Result, Type};

pub fn derive(input: DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.span(), "Trace is derived for structs; write it by hand for others"));
    };
    let mut visits = TokenStream::new();
    for (number, field) in data.fields.iter().enumerate() {
        if is_skipped(field)? {
            continue;
        }
        let member = match &field.ident {
            Some(name) => Member::Named(name.clone()),
            None => Member::Unnamed(Index::from(number)),
        };
        visits.extend(quote! { ::kaa_objects::Trace::trace(&mut self.#member, visitor); });
    }
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics ::kaa_objects::Trace for #name #arguments #bounds {
            #[allow(unused_variables)]
            fn trace(&mut self, visitor: &mut ::kaa_objects::Visitor<'_>) {
                #visits
            }
        }
    })
}

fn is_skipped(field: &Field) -> Result<bool> {
    let mut skip = false;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("trace")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("skip") {
                skip = true;
                Ok(())
            } else {
                Err(meta.error("expected `skip`"))
            }
        })?;
    }
    if skip || !is_plain(&field.ty) {
        return Ok(skip);
    }
    if mentions_reference(field.ty.to_token_stream()) {
        let message =
            "the collector does not see references in here: use a Slot, or #[trace(skip)] when they need none";
        return Err(Error::new(field.ty.span(), message));
    }
    Ok(true)
}

/// Whether a type, by its name, holds no slots that could be visited.
fn is_plain(ty: &Type) -> bool {
    const PLAIN: &[&str] = &[
        "Header",
        "Cell",
        "RefCell",
        "UnsafeCell",
        "OnceCell",
        "PhantomData",
        "String",
        "bool",
        "char",
        "f32",
        "f64",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "isize",
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "usize",
        "AtomicBool",
        "AtomicU8",
        "AtomicU32",
        "AtomicU64",
        "AtomicUsize",
        "AtomicI32",
        "AtomicI64",
        "NonZeroU32",
        "NonZeroU64",
        "NonZeroUsize",
    ];
    match ty {
        Type::Reference(_) | Type::BareFn(_) | Type::Ptr(_) => true,
        Type::Array(array) => {
            matches!(&array.len, syn::Expr::Lit(len) if len.to_token_stream().to_string() == "0")
                || is_plain(&array.elem)
        }
        Type::Path(path) => path.path.segments.last().is_some_and(|last| PLAIN.iter().any(|plain| last.ident == plain)),
        _ => false,
    }
}

/// Whether `Gc` or `Value` stands in the type, outside the types of function pointers.
fn mentions_reference(tokens: TokenStream) -> bool {
    let text = tokens.to_string();
    !text.contains("fn")
        && !text.contains("Slot")
        && text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "Gc" || word == "Value")
}
