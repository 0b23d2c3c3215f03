//! What the program shows without pictures of one's own: dresses among other clothes.

use std::sync::Arc;

use anyhow::{Context, Result};
use resnet::data::{DataError, Dataset, DatasetOptions, Sample, Source, Subset};
use resnet::finetuning::Plan;

use crate::bundled;

/// The first line that a person reads.
pub(crate) const ANNOUNCEMENT: &str = "No --data given: this is a stand-in, dresses among other clothes \
     from Fashion-MNIST; nothing about it is medical. Public medical sets: MedMNIST (medmnist.com), \
     pneumonia X-rays (data.mendeley.com/datasets/rscbjbr9sj), ISIC (challenge.isic-archive.com/data), \
     TCIA (cancerimagingarchive.net).";

/// The classes of the sample that take part; a dress is what is looked for.
const CLOTHES: [&str; 5] = ["T-shirt/top", "Pullover", "Dress", "Coat", "Shirt"];
const DRESS: &str = "Dress";

/// A small network, so that it is done within two minutes on two cores.
pub(crate) fn plan() -> Plan {
    Plan {
        model: Some("resnet8".to_owned()),
        epochs: 16,
        patience: 16,
        learning_rate: Some(4e-3),
        positive: Some(DRESS.to_owned()),
        ..Plan::default()
    }
}

/// The bundled sample as a question with two answers. Its validation images are the test images.
pub(crate) fn open() -> Result<Dataset> {
    let root = bundled::sample("give --data")?;
    let sample = Dataset::open(&root, &DatasetOptions::default())?;
    let mut splits = Vec::new();
    for (name, of_sample) in [("train", "train"), ("test", "validation")] {
        let images = sample.split(of_sample).context("the bundled sample has this split")?;
        splits.push((name.to_owned(), dresses(images, sample.classes(), name)?));
    }
    let classes = vec!["other clothes".to_owned(), DRESS.to_owned()];
    Ok(Dataset::new(&root, sample.layout(), classes, splits)?)
}

/// The clothes among the images, as dresses and others.
fn dresses(images: Arc<dyn Source>, classes: &[String], name: &str) -> Result<Arc<dyn Source>> {
    let mut wanted = Vec::new();
    let mut is_dress = Vec::new();
    for index in 0..images.len() {
        let class = classes[images.label(index)? as usize].as_str();
        if CLOTHES.contains(&class) {
            wanted.push(index);
            is_dress.push(class == DRESS);
        }
    }
    Ok(Arc::new(Relabelled { images: Subset::new(images, name, wanted), is_dress }))
}

/// Images with two classes in place of their own.
struct Relabelled {
    images: Subset,
    is_dress: Vec<bool>,
}

impl Source for Relabelled {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        let label = u32::from(self.is_dress[index]);
        Ok(Sample { label, ..self.images.read(index, record)? })
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        Ok(u32::from(self.is_dress[index]))
    }

    fn place(&self, index: usize) -> String {
        self.images.place(index)
    }

    fn describe(&self) -> String {
        self.images.describe()
    }
}
