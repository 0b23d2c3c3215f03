//! The layout that writers really make, read without the general machinery.
//!
//! The general way (`Feature::merge` and what it calls) reads every message that protobuf allows,
//! and says what is wrong with those that it does not. It costs several times what this costs.
//! Here anything unusual is `None`, right or wrong, and the general way has the last word: the
//! tests compare both with prost.

use super::feature::{Feature, FeatureKind};
use crate::wire::take;

/// The tag of a map's entry in `Features`.
pub(super) const ENTRY: u8 = 0x0a;
const NAME: u8 = 0x0a;
const VALUE: u8 = 0x12;
const BYTES_LIST: u8 = 0x0a;
const FLOAT_LIST: u8 = 0x12;
const INT64_LIST: u8 = 0x1a;
/// The tag of a byte string or of a packed run of numbers in any of the lists.
const ITEM: u8 = 0x0a;
/// A varint of fewer bytes than this cannot have more than 64 bits.
const LONGEST_SURE_VARINT: usize = 9;

/// An entry of name and value, in this order, the value being one list of at most one item.
#[inline(always)]
pub(super) fn entry(entry: &[u8]) -> Option<(&[u8], Feature<'_>)> {
    let (name, rest) = take(entry, NAME)?;
    let value = whole(rest, VALUE)?;
    let feature = match *value.first()? {
        BYTES_LIST => {
            let list = whole(value, BYTES_LIST)?;
            let count = if list.is_empty() { 0 } else { whole(list, ITEM).map(|_| 1)? };
            Feature::known(FeatureKind::Bytes, count, list)
        }
        FLOAT_LIST => {
            let list = whole(value, FLOAT_LIST)?;
            Feature::known(FeatureKind::Float, floats(packed(list)?)?, list)
        }
        INT64_LIST => {
            let list = whole(value, INT64_LIST)?;
            Feature::known(FeatureKind::Int64, ints(packed(list)?)?, list)
        }
        _ => return None,
    };
    name.is_ascii().then_some((name, feature))
}

/// The body of a field that is all of its message.
#[inline(always)]
fn whole(message: &[u8], tag: u8) -> Option<&[u8]> {
    match take(message, tag)? {
        (body, []) => Some(body),
        _ => None,
    }
}

/// The one packed run of a list of numbers, empty if the list is.
#[inline(always)]
fn packed(list: &[u8]) -> Option<&[u8]> {
    if list.is_empty() { Some(list) } else { whole(list, ITEM) }
}

fn floats(packed: &[u8]) -> Option<usize> {
    (packed.len() % 4 == 0).then_some(packed.len() / 4)
}

/// The number of varints in a run that is too short for one that is too long.
fn ints(packed: &[u8]) -> Option<usize> {
    let ends = packed.last().is_none_or(|last| *last < 0x80);
    let sure = ends && packed.len() <= LONGEST_SURE_VARINT;
    sure.then(|| packed.iter().filter(|byte| **byte < 0x80).count())
}
