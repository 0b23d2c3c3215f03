//! The part of `tf.TensorProto` that summaries use.
//!
//! Field numbers: `dtype` 1, `tensor_shape` 2 with `dim` 2 and `size` 1, `tensor_content` 4,
//! `float_val` 5, `string_val` 8.

use super::SummaryValue;
use crate::Result;
use crate::example::Budget;
use crate::wire::{Cursor, Field, Value, write};

const DT_FLOAT: u64 = 1;
const DT_STRING: u64 = 7;

/// Reads byte strings or one float; any other tensor is [`SummaryValue::None`].
pub(super) fn parse(mut message: Cursor<'_>, budget: &mut Budget) -> Result<SummaryValue> {
    let (mut dtype, mut floats, mut strings) = (0, Vec::new(), Vec::new());
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => dtype = field.varint()?,
            4 => push_floats(&mut floats, field.bytes()?),
            5 => float_val(&mut floats, field)?,
            8 => {
                budget.spend()?;
                strings.push(field.bytes()?.as_bytes().to_vec());
            }
            _ => {}
        }
    }
    Ok(match (dtype, floats.as_slice()) {
        (DT_STRING, _) => SummaryValue::Strings(strings),
        (DT_FLOAT, [value]) => SummaryValue::Scalar(*value),
        _ => SummaryValue::None,
    })
}

fn float_val(floats: &mut Vec<f32>, field: Field<'_>) -> Result<()> {
    match field.value {
        Value::Bytes(packed) => push_floats(floats, packed),
        _ => floats.push(field.f32()?),
    }
    Ok(())
}

fn push_floats(floats: &mut Vec<f32>, mut packed: Cursor<'_>) {
    while let Ok(bytes) = packed.array() {
        floats.push(f32::from_le_bytes(bytes));
    }
}

/// Writes a vector of byte strings.
pub(super) fn write_strings(out: &mut Vec<u8>, strings: &[Vec<u8>]) {
    write::varint_field(out, 1, DT_STRING);
    write::message(out, 2, |out| {
        write::message(out, 2, |out| write::varint_field(out, 1, strings.len() as u64));
    });
    for string in strings {
        write::bytes(out, 8, string);
    }
}
