//! The loader behind Burn's trait.

use std::path::PathBuf;
use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::tensor::Device;
use resnet_data::{
    DataError, DecodeError, Decoder, Loader, LoaderOptions, Picture, RgbImage, Sample, Source,
    SyntheticImages, Transform,
};
use resnet_train::dataloader::DeviceLoader;

fn transform() -> Transform {
    Transform::imagenet_train(8)
}

fn loader(source: impl Source + 'static, options: LoaderOptions) -> DeviceLoader {
    let loader = Loader::new(Arc::new(source), options).expect("good options");
    DeviceLoader::new(loader, [0.5; 3], [0.25; 3], &Device::flex())
}

fn images(len: usize) -> SyntheticImages {
    SyntheticImages::new(len, 10, 0).with_side(12)
}

/// All labels that count, epoch by epoch.
fn labels(loader: &dyn DataLoader<resnet_train::input::DeviceBatch>) -> Vec<i64> {
    let mut labels = Vec::new();
    for batch in loader.iter() {
        let batch = batch.expect("good images");
        let counted = batch.weights.into_data().iter::<f32>().collect::<Vec<_>>();
        let all = batch.labels.into_data().iter::<i64>().collect::<Vec<_>>();
        labels
            .extend(std::iter::zip(all, counted).filter(|(_, w)| *w > 0.0).map(|(label, _)| label));
    }
    labels
}

#[test]
fn every_iteration_is_another_epoch() {
    let training = loader(images(20), LoaderOptions::train(5, 1, transform()));
    let (first, second) = (labels(&training), labels(&training));
    assert_ne!(first, second);
    let again = loader(images(20), LoaderOptions::train(5, 1, transform())).starting_at(1);
    assert_eq!(labels(&again), second);
}

#[test]
fn progress_counts_images_and_not_padding() {
    let validation = loader(images(7), LoaderOptions::validation(4, transform()));
    let mut epoch = validation.iter();
    let mut done = vec![epoch.progress().items_processed];
    while epoch.next().is_some() {
        done.push(epoch.progress().items_processed);
    }
    assert_eq!((done, epoch.progress().items_total), (vec![0, 4, 7], 7));
}

#[test]
fn slices_share_the_images_among_them() {
    let whole = loader(images(10), LoaderOptions::validation(4, transform()));
    let (front, back) = (whole.slice(0, 6), whole.slice(6, 10));
    assert_eq!((front.num_items(), back.num_items()), (6, 4));
    assert_eq!([labels(&*front), labels(&*back)].concat(), labels(&whole));
}

#[test]
fn a_moved_loader_goes_on_with_the_same_epoch() {
    let training = loader(images(20), LoaderOptions::train(5, 1, transform())).starting_at(3);
    assert_eq!(labels(&*training.to_device(&Device::flex())), labels(&training));
}

#[test]
fn a_loaders_own_decoder_comes_along() {
    let options = LoaderOptions::validation(4, transform());
    let own = Loader::with_decoder(Arc::new(Files), options, Arc::new(NoDecoder));
    let own = DeviceLoader::new(own.expect("good"), [0.5; 3], [0.25; 3], &Device::flex());
    for moved in [own.to_device(&Device::flex()), own.slice(2, 6)] {
        let error = moved.iter().next().expect("a batch").expect_err("nothing is decoded");
        assert!(error.to_string().contains("by a decoder of the test"), "{error}");
    }
}

/// Eight images in files, so to speak.
struct Files;

impl Source for Files {
    fn len(&self) -> usize {
        8
    }

    fn read(&self, _index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        record.push(0);
        Ok(Sample { label: 0, picture: Picture::Encoded(0..1), filename: 0..0 })
    }

    fn place(&self, index: usize) -> String {
        format!("file {index}")
    }

    fn describe(&self) -> String {
        "files".to_owned()
    }
}

/// Refuses everything.
struct NoDecoder;

impl Decoder for NoDecoder {
    fn decode(&self, _encoded: &[u8], _image: &mut RgbImage) -> Result<(), DecodeError> {
        Err(DecodeError::Image("refused by a decoder of the test".to_owned()))
    }
}

#[test]
fn an_unreadable_image_arrives_as_an_error_with_its_name() {
    let training = loader(Missing, LoaderOptions::validation(1, transform()));
    let error = training.iter().next().expect("one batch").expect_err("there is no such file");
    assert!(error.to_string().contains("gone.jpg"), "{error}");
}

struct Missing;

impl Source for Missing {
    fn len(&self) -> usize {
        1
    }

    fn read(&self, _index: usize, _record: &mut Vec<u8>) -> Result<Sample, DataError> {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        Err(DataError::Io { path: PathBuf::from("gone.jpg"), source })
    }

    fn place(&self, _index: usize) -> String {
        "gone.jpg".to_owned()
    }

    fn describe(&self) -> String {
        "nothing".to_owned()
    }
}
