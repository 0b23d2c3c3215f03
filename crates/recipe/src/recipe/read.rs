//! From TOML values to a recipe, so that every error names its key and what is known in its place.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use toml::{Table, Value};

use super::error::join;
use super::{Recipe, RecipeError, layers};

/// Keys that hold one of several choices, such as `schedule.decay`.
pub(super) type Choices = BTreeSet<String>;

pub(super) fn read(mut table: Table) -> Result<(Recipe, Choices), RecipeError> {
    layers::rename(&mut table)?;
    let choices = RefCell::default();
    let root = Node { value: Value::Table(table), path: String::new(), choices: &choices };
    let recipe = Recipe::deserialize(root)?;
    Ok((recipe, choices.into_inner()))
}

/// A value, and where in the recipe it stands.
struct Node<'a> {
    value: Value,
    path: String,
    choices: &'a RefCell<Choices>,
}

impl Node<'_> {
    fn child(&self, name: &str, value: Value) -> Self {
        Self { value, path: join(&self.path, name), choices: self.choices }
    }

    /// The name of a choice, and what belongs to it.
    fn choice(self) -> Result<Choice<Self>, RecipeError> {
        let type_error = |reason: &str| serde::de::Error::custom(reason);
        match &self.value {
            Value::String(name) => {
                let content = self.child(name, Value::Table(Table::new()));
                Ok(Choice { name: name.clone(), content })
            }
            // Some choices are called by a number.
            Value::Integer(number) => {
                let name = number.to_string();
                let content = self.child(&name, Value::Table(Table::new()));
                Ok(Choice { name, content })
            }
            Value::Table(table) if table.len() == 1 => {
                let (name, value) = table.iter().next().expect("one entry");
                Ok(Choice { name: name.clone(), content: self.child(name, value.clone()) })
            }
            Value::Table(_) => Err(type_error("exactly one of the choices has to stand here")),
            _ => Err(type_error("this has to be the name of a choice, or a section of that name")),
        }
    }

    fn visit<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, RecipeError> {
        match &self.value {
            Value::String(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(flag) => visitor.visit_bool(*flag),
            Value::Datetime(date) => visitor.visit_str(&date.to_string()),
            Value::Array(items) => {
                let nodes = items.iter().enumerate();
                let nodes = nodes.map(|(n, item)| self.child(&n.to_string(), item.clone()));
                let mut items = SeqDeserializer::new(nodes);
                let value = visitor.visit_seq(&mut items)?;
                items.end()?; // more than are wanted
                Ok(value)
            }
            Value::Table(table) => {
                let nodes = table.iter();
                let nodes =
                    nodes.map(|(name, value)| (name.as_str(), self.child(name, value.clone())));
                visitor.visit_map(MapDeserializer::new(nodes))
            }
        }
    }
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = RecipeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RecipeError> {
        self.visit(visitor).map_err(|error| error.at(&self.path))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RecipeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, RecipeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RecipeError> {
        let path = self.path.clone();
        self.choices.borrow_mut().insert(path.clone());
        self.choice().and_then(|choice| visitor.visit_enum(choice)).map_err(|error| error.at(&path))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, RecipeError> for Node<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Choice<N> {
    name: String,
    content: N,
}

impl<'de, 'a> EnumAccess<'de> for Choice<Node<'a>> {
    type Error = RecipeError;
    type Variant = Node<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Node<'a>), RecipeError> {
        let name: StrDeserializer<'_, RecipeError> = self.name.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Node<'_> {
    type Error = RecipeError;

    fn unit_variant(self) -> Result<(), RecipeError> {
        match self.value {
            Value::Table(table) if table.is_empty() => Ok(()),
            _ => {
                let error: RecipeError = serde::de::Error::custom("this choice has no keys");
                Err(error.at(&self.path))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, RecipeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, RecipeError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RecipeError> {
        self.deserialize_any(visitor)
    }
}
