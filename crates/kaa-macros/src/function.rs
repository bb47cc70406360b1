//! A Rust function inside a block, as the wrappers see it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Error, FnArg, ImplItemFn, Result, ReturnType, Type};

/// What a wrapper passes to a parameter.
pub enum Parameter {
    /// The isolate.
    Vm,
    /// `&self`.
    Receiver,
    /// Anything else, by its type.
    Plain(Box<Type>),
}

/// The parameters and the result of a Rust function.
pub struct Function<'a> {
    pub item: &'a ImplItemFn,
    pub parameters: Vec<Parameter>,
    /// Whether it declares a `PyResult`.
    pub may_raise: bool,
}

impl<'a> Function<'a> {
    pub fn new(item: &'a ImplItemFn) -> Result<Function<'a>> {
        if !item.sig.generics.params.is_empty() && item.sig.generics.type_params().next().is_some() {
            return Err(Error::new(item.sig.generics.span(), "Python can call no generic function"));
        }
        let mut parameters = Vec::new();
        for argument in &item.sig.inputs {
            parameters.push(match argument {
                FnArg::Receiver(receiver) if receiver.reference.is_some() && receiver.mutability.is_none() => {
                    Parameter::Receiver
                }
                FnArg::Receiver(receiver) => return Err(Error::new(receiver.span(), "take `&self` or `this: Gc<…>`")),
                FnArg::Typed(typed) if is_vm(&typed.ty) => Parameter::Vm,
                FnArg::Typed(typed) => Parameter::Plain(typed.ty.clone()),
            });
        }
        let may_raise = match &item.sig.output {
            ReturnType::Default => false,
            ReturnType::Type(_, ty) => matches!(last_name(ty).as_deref(), Some("PyResult" | "Result")),
        };
        Ok(Function { item, parameters, may_raise })
    }

    /// The attributes that decide whether the function exists at all.
    pub fn cfg(&self) -> TokenStream {
        self.item.attrs.iter().filter(|a| a.path().is_ident("cfg")).map(ToTokens::to_token_stream).collect()
    }

    /// A call: `supply` gives the expression for each parameter but the isolate and the receiver,
    /// by its number among those; `receiver` that for `&self`.
    pub fn call(
        &self,
        owner: &Type,
        receiver: TokenStream,
        mut supply: impl FnMut(usize, &Type) -> Result<TokenStream>,
    ) -> Result<TokenStream> {
        let name = &self.item.sig.ident;
        let mut arguments = Vec::new();
        let mut number = usize::from(self.has_receiver());
        for parameter in &self.parameters {
            arguments.push(match parameter {
                Parameter::Vm => quote!(vm),
                Parameter::Receiver => receiver.clone(),
                Parameter::Plain(ty) => {
                    number += 1;
                    supply(number - 1, ty)?
                }
            });
        }
        Ok(quote!(<#owner>::#name(#(#arguments),*)))
    }

    pub fn has_receiver(&self) -> bool {
        self.parameters.iter().any(|parameter| matches!(parameter, Parameter::Receiver))
    }

    /// The parameters but the isolate.
    pub fn count(&self) -> usize {
        self.parameters.iter().filter(|parameter| !matches!(parameter, Parameter::Vm)).count()
    }

    /// The type of the first parameter that is not the isolate; `None` for a receiver or nothing.
    pub fn first_type(&self) -> Option<&Type> {
        match self.parameters.iter().find(|parameter| !matches!(parameter, Parameter::Vm)) {
            Some(Parameter::Plain(ty)) => Some(ty),
            _ => None,
        }
    }
}

/// The last name of a type's path: `Gc` of `crate::Gc<PyStr>`.
pub fn last_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

fn is_vm(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if last_name(&reference.elem).as_deref() == Some("Vm"))
}
