//! The numbers of PyTorch, made by `golden/pytorch.py`.

use serde_json::Value;

pub(crate) fn cases(name: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("../golden/pytorch.json")).expect("JSON");
    golden[name].as_array().expect("a list of cases").clone()
}

pub(crate) fn numbers(case: &Value, name: &str) -> Vec<f64> {
    let list = case[name].as_array().unwrap_or_else(|| panic!("{name} in {case}"));
    list.iter().map(|x| x.as_f64().expect("a number")).collect()
}

pub(crate) fn sizes<const N: usize>(case: &Value, name: &str) -> [usize; N] {
    let sizes: Vec<usize> = numbers(case, name).into_iter().map(|x| x as usize).collect();
    sizes.try_into().expect("as many sizes as the generator wrote")
}
