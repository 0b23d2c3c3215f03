//! Where a visitor of a module tree stands, as a state-dict key.

/// The place of a parameter in a module tree, written as PyTorch does: `layer1.0.conv1.weight`.
///
/// Forward the calls of [`ModuleVisitor`](burn::module::ModuleVisitor) or
/// [`ModuleMapper`](burn::module::ModuleMapper) and ask for the [`key`](Self::key) of each
/// parameter. A module that is one of several kinds (an enum) adds nothing to the key.
///
/// ```
/// use resnet_models::ModulePath;
///
/// let mut path = ModulePath::default();
/// path.enter("bn1", "Struct:ResNet");
/// path.enter("Batch", "Enum:Norm");
/// path.enter("weight", "Struct:BatchNorm");
/// assert_eq!(path.key(), "bn1.weight");
/// ```
#[derive(Debug, Clone, Default)]
pub struct ModulePath(Vec<String>);

impl ModulePath {
    /// Steps into the field `name` of a container.
    pub fn enter(&mut self, name: &str, container_type: &str) {
        if names_its_fields(container_type) {
            self.0.push(name.to_owned());
        }
    }

    /// Steps back out of it.
    pub fn exit(&mut self, container_type: &str) {
        if names_its_fields(container_type) {
            self.0.pop();
        }
    }

    /// The key of the parameter here.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.join(".")
    }
}

/// Burn writes the kind before the name of the type.
fn names_its_fields(container_type: &str) -> bool {
    !container_type.starts_with("Enum:")
}
