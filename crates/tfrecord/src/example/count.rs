//! Checking the lists of a feature while counting their values.

use crate::Result;
use crate::wire::{Cursor, Value};

/// Checks a list of byte strings and counts them.
pub(super) fn count_bytes(mut list: Cursor<'_>) -> Result<usize> {
    let mut count = 0;
    while let Some(field) = list.next_field()? {
        if field.number == 1 {
            field.bytes()?;
            count += 1;
        }
    }
    Ok(count)
}

/// Checks a list of floats, packed or not, and counts them.
pub(super) fn count_floats(mut list: Cursor<'_>) -> Result<usize> {
    let mut count = 0;
    while let Some(field) = list.next_field()? {
        match (field.number, field.value) {
            (1, Value::Fixed32(_)) => count += 1,
            (1, Value::Bytes(packed)) if packed.as_bytes().len() % 4 == 0 => {
                count += packed.as_bytes().len() / 4;
            }
            (1, Value::Bytes(packed)) => {
                return Err(packed.problem("packed floats whose length is no multiple of four"));
            }
            (1, _) => return Err(field.wrong_type("floats, packed or not")),
            _ => {}
        }
    }
    Ok(count)
}

/// Checks a list of integers, packed or not, and counts them.
pub(super) fn count_ints(mut list: Cursor<'_>) -> Result<usize> {
    let mut count = 0;
    while let Some(field) = list.next_field()? {
        match (field.number, field.value) {
            (1, Value::Varint(_)) => count += 1,
            (1, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    packed.varint()?;
                    count += 1;
                }
            }
            (1, _) => return Err(field.wrong_type("integers, packed or not")),
            _ => {}
        }
    }
    Ok(count)
}
