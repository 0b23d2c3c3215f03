//! Pickles as data.
//!
//! A pickle is a program for a small machine with a stack
//! ([`pickletools`](https://github.com/python/cpython/blob/main/Lib/pickletools.py) describes its
//! operations). The [machine] here runs what `torch.save` and plain Python data need and calls nothing: a call is
//! kept as the name of its function and the arguments. Memory is linear in the size of the pickle, because
//! names are shared and what an operation may copy is limited; depth costs no stack, because values are numbered.

mod machine;

use std::rc::Rc;

use super::bytes::Bad;
use machine::Machine;

/// Number of a value.
pub(super) type Id = usize;

/// A value; what it holds are numbers of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing that weights need: None, a float.
    Other,
    Bool(bool),
    Int(i64),
    Text(String),
    /// A tuple, a list or a set.
    Sequence(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A function or class, as `module.name`.
    Function(Rc<str>),
    /// A call that was not made.
    Call {
        function: Rc<str>,
        arguments: Id,
    },
    /// What the file holds outside of the pickle.
    Persistent(Id),
}

/// A pickle that was read.
#[derive(Debug)]
pub(super) struct Pickle {
    values: Vec<Value>,
    root: Id,
    /// The byte after it.
    pub(super) end: usize,
}

impl Pickle {
    /// Reads the pickle that begins at byte `at`.
    pub(super) fn read(bytes: &[u8], at: usize) -> Result<Self, Bad> {
        Machine::new(bytes, at).run()
    }

    pub(super) fn root(&self) -> Id {
        self.root
    }

    pub(super) fn get(&self, id: Id) -> &Value {
        &self.values[id]
    }

    /// The items of a tuple or list.
    pub(super) fn items(&self, id: Id) -> &[Id] {
        if let Value::Sequence(items) = self.get(id) { items } else { &[] }
    }

    pub(super) fn text(&self, id: Id) -> Option<&str> {
        if let Value::Text(text) = self.get(id) { Some(text) } else { None }
    }

    pub(super) fn size(&self, id: Id) -> Option<usize> {
        if let Value::Int(number) = *self.get(id) { number.try_into().ok() } else { None }
    }

    pub(super) fn sizes(&self, id: Id) -> Option<Vec<usize>> {
        let Value::Sequence(items) = self.get(id) else { return None };
        items.iter().map(|&item| self.size(item)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[&[u8]]) -> Result<Pickle, String> {
        Pickle::read(&parts.concat(), 0).map_err(|bad| format!("{bad:?}"))
    }

    #[test]
    fn calls_share_the_name_of_their_function() {
        // A memoised function, called a thousand times without arguments.
        let calls = b"h\x00)R".repeat(1000);
        let pickle = read(&[b"ctorch\nSize\nq\x00", &calls, b"."]).expect("a pickle");
        let names = pickle.values.iter().filter_map(|value| match value {
            Value::Call { function, .. } => Some(function),
            _ => None,
        });
        let names: Vec<_> = names.collect();
        assert_eq!(names.len(), 1000);
        assert!(names.iter().all(|name| Rc::ptr_eq(name, names[0])));
    }

    #[test]
    fn a_list_that_many_dictionaries_are_made_of_is_refused() {
        // [(0, 0), …] as the argument of OrderedDict, memoised: 2,000 pairs in a call of four bytes.
        let pairs = b"K\x00K\x00\x86".repeat(2000);
        let calls = b"h\x00h\x01R0".repeat(600);
        let head: &[u8] = b"ccollections\nOrderedDict\nq\x00(";
        let error = read(&[head, b"]", b"(", &pairs, b"e", b"tq\x01", &calls, b"."]);
        assert!(error.expect_err("1,200,000 pairs").contains("same list"));
    }

    #[test]
    fn a_function_is_not_named_by_a_whole_text() {
        let text = [&[b'X'][..], &2000_u32.to_le_bytes(), &b"a".repeat(2000)].concat();
        let error = read(&[&text, b"\x8c\x01b\x93."]).expect_err("2,001 bytes");
        assert!(error.contains("longer than 1000 bytes"), "{error}");
    }
}
