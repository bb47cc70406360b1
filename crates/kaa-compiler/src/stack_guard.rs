//! Keeps recursion over deep trees from overflowing the native stack.

use crate::errors::{CompileError, Fallible};

/// Knows down to which address the stack may grow.
#[derive(Clone, Copy)]
pub struct StackGuard {
    lowest: usize,
}

impl StackGuard {
    /// Allows `budget` bytes below the caller's frame.
    pub fn new(budget: usize) -> StackGuard {
        let marker = 0_u8;
        StackGuard { lowest: (std::ptr::from_ref(&marker) as usize).saturating_sub(budget) }
    }

    /// Answers with a `RecursionError` when the budget is used up.
    #[inline(always)]
    pub fn check(&self) -> Fallible {
        let marker = 0_u8;
        if (std::ptr::from_ref(&marker) as usize) < self.lowest {
            return Err(Box::new(CompileError::recursion()));
        }
        Ok(())
    }
}
