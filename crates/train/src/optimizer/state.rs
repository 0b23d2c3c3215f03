//! What is remembered, to and from a checkpoint.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use resnet_models::read_back;
use resnet_models::tensors::TensorMap;
use resnet_recipe::Rule;

use super::undone::Undone;
use super::{Memory, Optimizer, Slots, WITH_CORRECTIONS};

/// The slot of the number of steps, for rules that begin with corrections.
const STEPS: &str = "step";

impl Optimizer {
    /// What is remembered, for a checkpoint: `SLOT/PARAMETER`, slots by PyTorch's names.
    #[must_use]
    pub fn state(&self) -> TensorMap {
        let mut tensors = TensorMap::new();
        for (parameter, Memory { slots, steps, began }) in &self.state {
            for (slot, tensor) in std::iter::zip(self.slot_names(slots.len()), slots) {
                tensors.insert(format!("{slot}/{parameter}"), read_back(tensor.clone()));
            }
            if let (WITH_CORRECTIONS, Some(steps)) = (slots.len(), *steps) {
                // Exact up to 16 million steps; the corrections are 1 long before.
                let steps = TensorData::new(vec![(steps - self.undone.count(*began)) as f32], [1]);
                tensors.insert(format!("{STEPS}/{parameter}"), steps);
            }
        }
        tensors
    }

    /// Takes the state of a checkpoint onto `device`; what another rule has left is passed over.
    pub fn load_state(&mut self, mut state: TensorMap, device: &Device) {
        (self.state, self.undone) = (BTreeMap::new(), Undone::default());
        let names = [1, 2].map(|slots| self.slot_names(slots));
        for slot in names.concat() {
            for (parameter, data) in take_slot(&mut state, slot) {
                let nothing = Memory { slots: Slots::new(), steps: None, began: 0 };
                let memory = self.state.entry(parameter).or_insert(nothing);
                memory.slots.push(Tensor::from_data(data, device));
            }
        }
        for (parameter, data) in take_slot(&mut state, STEPS) {
            if let Some(memory) = self.state.get_mut(&parameter) {
                memory.steps = data.iter::<f32>().next().map(|steps| steps as i32);
            }
        }
    }

    /// PyTorch's names of what is remembered of a parameter with so many slots.
    fn slot_names(&self, slots: usize) -> &'static [&'static str] {
        match (self.settings.rule, slots) {
            (Rule::Sgd { .. } | Rule::Lars { .. } | Rule::Muon { .. }, 1) => &["momentum_buffer"],
            (Rule::Adamw { .. } | Rule::Lamb { .. } | Rule::Muon { .. }, 2) => {
                &["exp_avg", "exp_avg_sq"]
            }
            (Rule::Lion { .. }, 1) => &["exp_avg"],
            _ => &[],
        }
    }
}

/// Takes what `SLOT/PARAMETER` names out of `state`, by parameter.
fn take_slot(state: &mut TensorMap, slot: &str) -> Vec<(String, TensorData)> {
    let prefix = format!("{slot}/");
    let names: Vec<String> =
        state.keys().filter(|name| name.starts_with(&prefix)).cloned().collect();
    let take = |name: String| Some((name[prefix.len()..].to_owned(), state.remove(&name)?));
    names.into_iter().filter_map(take).collect()
}
