//! The machine that a pickle is a program for, without its calls.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Id, Pickle, Value};
use crate::weights::bytes::{Bad, Bytes, bad};
use crate::weights::functions::check_call;

/// Bytes of the name of a function, and pairs that all calls of `OrderedDict` may copy: a memoised name or list is
/// named again by two bytes.
const LONGEST_FUNCTION: usize = 1000;
const MOST_PAIRS: usize = 1_000_000;

/// What the operations so far have made.
pub(super) struct Machine<'a> {
    input: Bytes<'a>,
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<usize, Id>,
    /// Those that calls of `OrderedDict` copied.
    pairs: usize,
}

impl<'a> Machine<'a> {
    /// For the pickle that begins at byte `at`.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            input: Bytes::new(bytes, at),
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            pairs: 0,
        }
    }

    /// Runs all operations.
    pub(super) fn run(mut self) -> Result<Pickle, Bad> {
        while self.step()? {}
        let root = self.pop()?;
        Ok(Pickle { values: self.values, root, end: self.input.at })
    }

    /// Runs one operation; false after the last.
    fn step(&mut self) -> Result<bool, Bad> {
        let at = self.input.at;
        let [operation] = self.input.array()?;
        match operation {
            b'.' => return Ok(false),
            0x80 => drop(self.input.take(1)?),
            0x95 => drop(self.input.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_to_mark()?),
            b'2' => self.duplicate()?,
            b'R' | 0x81 => self.call(0)?,
            0x92 => self.call(1)?,
            // The state of an object, which nothing here has.
            b'b' => drop(self.pop()?),
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.remember(operation)?,
            b'a' | b'e' | b's' | b'u' | 0x90 => self.extend(operation)?,
            _ => {
                let value = self.value(operation, at)?;
                self.push(value);
            }
        }
        Ok(true)
    }

    /// A new value.
    fn value(&mut self, operation: u8, at: usize) -> Result<Value, Bad> {
        Ok(match operation {
            b'N' => Value::Other,
            0x88 | 0x89 => Value::Bool(operation == 0x88),
            b'G' => {
                self.input.take(8)?;
                Value::Other
            }
            b'K' => Value::Int(i64::from(self.input.array::<1>()?[0])),
            b'M' => Value::Int(i64::from(u16::from_le_bytes(self.input.array()?))),
            b'J' => Value::Int(i64::from(i32::from_le_bytes(self.input.array()?))),
            0x8a | 0x8b => self.long(operation)?,
            b'}' => Value::Dict(Vec::new()),
            b'd' => Value::Dict(pairs(&self.pop_to_mark()?)),
            b']' | b')' | 0x8f => Value::Sequence(Vec::new()),
            b't' | b'l' | 0x91 => Value::Sequence(self.pop_to_mark()?),
            0x85..=0x87 => Value::Sequence(self.pop_many(usize::from(operation - 0x84))?),
            b'c' => {
                Value::Function(format!("{}.{}", self.input.line()?, self.input.line()?).into())
            }
            0x93 => self.function()?,
            b'Q' => Value::Persistent(self.pop()?),
            _ => Value::Text(self.text(operation, at)?),
        })
    }

    fn text(&mut self, operation: u8, at: usize) -> Result<String, Bad> {
        let length = match operation {
            b'U' | b'C' | 0x8c => self.input.number::<1>()?,
            b'T' | b'B' | b'X' => self.input.number::<4>()?,
            0x8d | 0x8e => self.input.number::<8>()?,
            _ => {
                return bad(at, format!("the pickle has operation {operation:#04x}, unknown here"));
            }
        };
        Ok(String::from_utf8_lossy(self.input.take(length)?).into_owned())
    }

    /// An integer of any length; those over eight bytes are no sizes.
    fn long(&mut self, operation: u8) -> Result<Value, Bad> {
        let length =
            if operation == 0x8a { self.input.number::<1>()? } else { self.input.number::<4>()? };
        let digits = self.input.take(length)?;
        if digits.len() > 8 {
            return Ok(Value::Other);
        }
        let negative = digits.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..digits.len()].copy_from_slice(digits);
        Ok(Value::Int(i64::from_le_bytes(wide)))
    }

    /// The function that two texts name.
    fn function(&mut self) -> Result<Value, Bad> {
        let (name, module) = (self.pop()?, self.pop()?);
        match (&self.values[module], &self.values[name]) {
            (Value::Text(module), Value::Text(name)) => {
                if module.len() + name.len() > LONGEST_FUNCTION {
                    let reason =
                        format!("the name of a function is longer than {LONGEST_FUNCTION} bytes");
                    return bad(self.input.at, reason);
                }
                Ok(Value::Function(format!("{module}.{name}").into()))
            }
            _ => bad(self.input.at, "the pickle names a function by something else than text"),
        }
    }

    /// Keeps a call as data, with the arguments below `extra` more values.
    fn call(&mut self, extra: usize) -> Result<(), Bad> {
        for _ in 0..extra {
            self.pop()?;
        }
        let (arguments, function) = (self.pop()?, self.pop()?);
        let value = match &self.values[function] {
            Value::Function(name) => {
                check_call(name)?;
                let function = Rc::clone(name);
                match &*function {
                    "collections.OrderedDict" => self.ordered_dict(arguments)?,
                    _ => Value::Call { function, arguments },
                }
            }
            // A method of what a call would have made: nothing that weights need.
            _ => Value::Other,
        };
        self.push(value);
        Ok(())
    }

    /// `OrderedDict([(key, value), …])`, mostly without pairs.
    fn ordered_dict(&mut self, arguments: Id) -> Result<Value, Bad> {
        let items = |id: Id| match &self.values[id] {
            Value::Sequence(items) => items.as_slice(),
            _ => &[],
        };
        let given = items(arguments).first().map_or(&[][..], |&list| items(list));
        let pair = |&id: &Id| if let &[key, value] = items(id) { Some((key, value)) } else { None };
        self.pairs = self.pairs.saturating_add(given.len());
        if self.pairs > MOST_PAIRS {
            return bad(self.input.at, "the pickle makes too many dictionaries of the same list");
        }
        Ok(Value::Dict(given.iter().filter_map(pair).collect()))
    }

    fn remember(&mut self, operation: u8) -> Result<(), Bad> {
        let key = match operation {
            b'q' | b'h' => self.input.number::<1>()?,
            b'r' | b'j' => self.input.number::<4>()?,
            _ => self.memo.len(),
        };
        if matches!(operation, b'h' | b'j') {
            let Some(&id) = self.memo.get(&key) else {
                return bad(self.input.at, format!("the pickle has no value number {key}"));
            };
            self.stack.push(id);
        } else {
            let id = self.top()?;
            self.memo.insert(key, id);
        }
        Ok(())
    }

    /// Adds values to the list, set or dictionary below them.
    fn extend(&mut self, operation: u8) -> Result<(), Bad> {
        let added = match operation {
            b'a' => self.pop_many(1)?,
            b's' => self.pop_many(2)?,
            _ => self.pop_to_mark()?,
        };
        let target = self.top()?;
        match &mut self.values[target] {
            Value::Sequence(items) => items.extend(added),
            Value::Dict(items) => items.extend(pairs(&added)),
            // Of an object that was not made.
            _ => {}
        }
        Ok(())
    }

    fn duplicate(&mut self) -> Result<(), Bad> {
        let id = self.top()?;
        self.stack.push(id);
        Ok(())
    }

    fn push(&mut self, value: Value) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn top(&self) -> Result<Id, Bad> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.get(floor..).and_then(<[Id]>::last) {
            Some(&id) => Ok(id),
            None => bad(self.input.at, "the pickle takes a value that is not there"),
        }
    }

    fn pop(&mut self) -> Result<Id, Bad> {
        let id = self.top()?;
        self.stack.pop();
        Ok(id)
    }

    /// The uppermost `count` values, the lowest first.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, Bad> {
        let mut ids = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        ids.reverse();
        Ok(ids)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>, Bad> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark.min(self.stack.len()))),
            None => bad(self.input.at, "the pickle takes values that are not there"),
        }
    }
}

/// Keys and values in turn; a key without a value is dropped.
fn pairs(ids: &[Id]) -> Vec<(Id, Id)> {
    ids.as_chunks::<2>().0.iter().map(|&[key, value]| (key, value)).collect()
}
