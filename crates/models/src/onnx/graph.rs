//! A graph as it grows.

use burn::tensor::{Tensor, TensorData};

use super::proto::{self, Attribute, Element, Node};

/// Nodes and weights, in the order in which they are needed.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    weights: Vec<proto::Tensor>,
}

impl Graph {
    /// Adds a node `name` with one output, which has its name.
    pub(super) fn node(
        &mut self,
        name: impl Into<String>,
        operator: &str,
        inputs: &[&str],
        attribute: Vec<Attribute>,
    ) -> String {
        let name = name.into();
        self.nodes.push(Node {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: operator.to_owned(),
            attribute,
        });
        name
    }

    /// Adds a tensor of the network under its key.
    pub(super) fn weight<const D: usize>(&mut self, key: String, tensor: Tensor<D>) -> String {
        self.floats(key, &tensor.into_data())
    }

    /// Adds a number.
    pub(super) fn number(&mut self, name: String, value: f32) -> String {
        self.floats(name, &TensorData::new(vec![value], [1]))
    }

    fn floats(&mut self, name: String, data: &TensorData) -> String {
        let bytes = data.iter::<f32>().flat_map(f32::to_le_bytes).collect();
        self.tensor(name, &data.shape().to_vec(), Element::F32, bytes)
    }

    /// Adds a list of whole numbers.
    pub(super) fn list(&mut self, name: String, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, &[values.len()], Element::I64, bytes)
    }

    fn tensor(
        &mut self,
        name: String,
        shape: &[usize],
        element: Element,
        raw_data: Vec<u8>,
    ) -> String {
        let dims = shape.iter().map(|&extent| extent as i64).collect();
        let data_type = element.into();
        self.weights.push(proto::Tensor { dims, data_type, name: name.clone(), raw_data });
        name
    }

    /// Gives the output `old` of the last node another name.
    pub(super) fn rename_output(&mut self, old: &str, new: &str) {
        let last = self.nodes.last_mut().filter(|node| node.output == [old]);
        last.expect("the last node makes it").output = vec![new.to_owned()];
    }

    pub(super) fn finish(self, input: proto::ValueInfo, output: proto::ValueInfo) -> proto::Graph {
        proto::Graph {
            node: self.nodes,
            name: "resnet".to_owned(),
            initializer: self.weights,
            input: vec![input],
            output: vec![output],
        }
    }
}
