//! A row that is filled after its owner was made.

use std::cell::Cell;
use std::ops::Deref;

/// A row that is empty until it is filled, once.
///
/// The address of an empty row is chosen, so that who keeps only addresses of first items can
/// tell it without a length.
pub struct Late<T>(Cell<*const [T]>);

impl<T> Late<T> {
    /// An empty row at an address.
    pub const fn empty_at(address: *const T) -> Late<T> {
        Late(Cell::new(std::ptr::slice_from_raw_parts(address, 0)))
    }

    /// An empty row.
    pub const fn empty() -> Late<T> {
        Late::empty_at(std::ptr::NonNull::dangling().as_ptr())
    }

    /// A full row.
    pub fn new(row: Box<[T]>) -> Late<T> {
        Late(Cell::new(Box::into_raw(row)))
    }

    /// Fills an empty row.
    pub fn fill(&self, row: Box<[T]>) {
        assert!(self.is_empty(), "a row is filled once");
        self.0.set(Box::into_raw(row));
    }

    /// The items, to be changed.
    pub fn get_mut(&mut self) -> &mut [T] {
        match self.is_empty() {
            true => &mut [],
            // SAFETY: a row that is not empty is a box's, and `self` is borrowed alone.
            false => unsafe { &mut *self.0.get().cast_mut() },
        }
    }
}

impl<T> Default for Late<T> {
    fn default() -> Late<T> {
        Late::empty()
    }
}

impl<T> Deref for Late<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: either no items, or those of a box that lives as long as `self`: filling puts a
        // box in place of a row without items.
        unsafe { &*self.0.get() }
    }
}

impl<T> Drop for Late<T> {
    fn drop(&mut self) {
        if !self.is_empty() {
            // SAFETY: a row that is not empty came from a box, which nobody else owns.
            drop(unsafe { Box::from_raw(self.0.get().cast_mut()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_filled_later() {
        let place = String::from("here");
        let row: Late<String> = Late::empty_at(&place);
        assert!(row.is_empty() && row.as_ptr() == &raw const place);
        let empty = &*row;
        row.fill(vec![String::from("a"), String::from("b")].into());
        assert_eq!((empty.len(), row.len(), &*row[1]), (0, 2, "b"));
    }

    #[test]
    #[should_panic = "filled once"]
    fn a_full_row_stays() {
        Late::new(vec![1u8].into()).fill(vec![2].into());
    }
}
