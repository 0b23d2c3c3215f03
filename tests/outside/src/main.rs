//! Fine-tunes on a folder of pictures, with nothing but the crate `resnet`.
//!
//!     cargo run --release -- FOLDER

use std::error::Error;
use std::path::PathBuf;

use resnet::burn::tensor::Tensor;
use resnet::data::{Dataset, DatasetOptions, GroupBy};
use resnet::finetuning::{Plan, finetune, write_predictions};
use resnet::metrics::{Metric, OperatingRule};
use resnet::models::by_name;
use resnet::{DeviceChoice, Fanout, RunOptions, choose_device};

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("name a folder of pictures")?.into();
    let patients = GroupBy::NameUntil('_');
    let options = DatasetOptions { group: Some(patients), ..DatasetOptions::default() };
    let pictures = Dataset::open(&folder, &options)?;

    let plan = Plan { operating: OperatingRule::Sensitivity(0.95), ..Plan::default() };
    let device = choose_device(DeviceChoice::Auto)?;
    // Burn's tensors come with the crate.
    let network = by_name("resnet18")?.config.with_num_classes(2).init(0, &device.device);
    let logits = network.forward(Tensor::zeros([1, 3, 64, 64], &device.device));
    println!("An untrained network: {logits}");

    let run = RunOptions::new("runs/outside");
    let findings = finetune(&pictures, &plan, &run, &device, &mut Fanout::default())?;

    for metric in [Metric::Auroc, Metric::Sensitivity, Metric::Specificity] {
        println!("{}: {:?}", metric.name(), findings.judgement().value(metric));
    }
    write_predictions(&findings, &run.model_dir)?;
    Ok(())
}
