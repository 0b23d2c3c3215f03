//! What is remembered, to and from a checkpoint.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use resnet_models::read_back;
use resnet_models::tensors::TensorMap;
use resnet_recipe::Rule;

use super::undone::Undone;
use super::{Memory, Optimizer, WITH_CORRECTIONS};

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

    /// Takes the state of a checkpoint onto `device`. What another rule has left is passed over where it
    /// has other slots; where the slots are the same ones, they are taken for this rule's.
    pub fn load_state(&mut self, mut state: TensorMap, device: &Device) {
        (self.state, self.undone) = (BTreeMap::new(), Undone::default());
        for slots in [1, 2] {
            for (parameter, slots) in take_slots(&mut state, self.slot_names(slots)) {
                let slots = slots.into_iter().map(|data| Tensor::from_data(data, device));
                let memory = Memory { slots: slots.collect(), steps: None, began: 0 };
                self.state.insert(parameter, memory);
            }
        }
        for (parameter, steps) in take_slots(&mut state, &[STEPS]) {
            if let Some(memory) = self.state.get_mut(&parameter) {
                memory.steps = steps[0].iter::<f32>().next().map(|steps| steps as i32);
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

/// Takes the `slots` of each parameter that has them all out of `state`, where they are named `SLOT/PARAMETER`.
fn take_slots(state: &mut TensorMap, slots: &[&str]) -> Vec<(String, Vec<TensorData>)> {
    let Some(first) = slots.first() else { return Vec::new() };
    let parameter = |name: &String| Some(name.strip_prefix(first)?.strip_prefix('/')?.to_owned());
    let parameters: Vec<String> = state.keys().filter_map(parameter).collect();
    let mut take = |parameter: &str| -> Option<Vec<TensorData>> {
        let names: Vec<String> = slots.iter().map(|slot| format!("{slot}/{parameter}")).collect();
        let has_all = names.iter().all(|name| state.contains_key(name));
        has_all.then(|| names.iter().filter_map(|name| state.remove(name)).collect())
    };
    let pair = |parameter: String| take(&parameter).map(|slots| (parameter, slots));
    parameters.into_iter().filter_map(pair).collect()
}
