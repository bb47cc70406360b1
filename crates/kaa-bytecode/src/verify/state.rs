//! What is known of a frame before an instruction.

/// The word can be 0.
pub const NULL: u8 = 1;
/// The word can be a value that is no cell.
pub const VALUE: u8 = 2;
/// The word can be a cell.
pub const CELL: u8 = 4;

/// Sets of what each word of a frame can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Locals, cells and free variables.
    pub locals: Vec<u8>,
    /// Operands, the top last.
    pub stack: Vec<u8>,
    /// `RETURN_GENERATOR` was run: the frame is a generator's.
    pub in_generator: bool,
}

impl State {
    /// A frame without parameters, about to start.
    pub fn new(locals: usize) -> State {
        State { locals: vec![NULL; locals], stack: Vec::new(), in_generator: false }
    }

    /// Adds what another path knows. Tells whether that is something new; None when the two
    /// cannot meet.
    pub fn join(&mut self, other: &State) -> Option<bool> {
        if self.stack.len() != other.stack.len() || self.in_generator != other.in_generator {
            return None;
        }
        let mut changed = 0;
        let words = self.locals.iter_mut().chain(&mut self.stack);
        for (known, &new) in words.zip(other.locals.iter().chain(&other.stack)) {
            changed |= new & !*known;
            *known |= new;
        }
        Some(changed != 0)
    }
}
