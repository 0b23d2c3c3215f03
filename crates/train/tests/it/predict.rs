//! What a trained network says about images.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use resnet_data::contact_sheet::png;
use resnet_data::{RgbImage, Source, SyntheticImages};
use resnet_models::ResNetConfig;
use resnet_models::weights::Element;
use resnet_recipe::{Bits, Channels, LossKind, ValidationViews, presets};
use resnet_train::predict::{Ensemble, Prediction, Predictor, Trained};
use resnet_train::report::Answers;
use resnet_train::run::{RunOptions, evaluate_run};
use resnet_train::{TrainError, export};
use tiff::encoder::TiffEncoder;
use tiff::encoder::colortype::Gray16;

use crate::sample::{Counted, cpu, images, recipe, run};

fn trained_in(folder: &Path) -> Trained {
    let names = (0..10).map(|class| format!("kind {class}")).collect();
    let options = RunOptions { workers: 2, classes: names, ..RunOptions::new(folder) };
    run(&recipe(), &options).expect("trains");
    Trained::from_run(folder, &Device::flex()).expect("a run")
}

/// The largest difference of two answers.
fn apart(one: &Prediction, other: &Prediction) -> f32 {
    let [one, other] = [one, other].map(|answer| answer.probabilities.clone().expect("good"));
    one.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn predictor(folder: &Path) -> Predictor {
    Predictor::new(trained_in(folder)).with_workers(2)
}

/// The pixels of a picture that needs no resizing.
fn levels(number: usize) -> Vec<[u8; 3]> {
    let level = |index: usize| ((index * (7 + number * 3)) % 251) as u8;
    (0..12 * 12).map(|pixel| [0, 1, 2].map(|channel| level(pixel * 3 + channel))).collect()
}

/// A picture in a file, another for each number.
fn picture(folder: &Path, number: usize) -> PathBuf {
    let path = folder.join(format!("{number}.png"));
    let pixels = levels(number).concat();
    let file = png(&RgbImage { height: 12, width: 12, pixels }).expect("a PNG file");
    fs::write(&path, file).expect("written");
    path
}

#[test]
fn answers_are_those_of_the_evaluation() {
    let folder = tempfile::tempdir().expect("a folder");
    let trained = trained_in(folder.path());
    assert_eq!(trained.classes[3], "kind 3");
    let newest = Trained::newest(folder.path(), &trained.device).expect("a checkpoint");
    assert_eq!(newest.classes, trained.classes);
    let source = images().validation;
    let (evaluation, path) =
        evaluate_run(folder.path(), source.clone(), 1, &cpu()).expect("evaluates");
    assert_eq!(path, newest.path);
    let predictor = Predictor::new(newest).with_batch_size(4);
    let answers = predictor.images(&source).expect("answers");
    assert_eq!(answers.len(), source.len());
    let loss = |answer: &Prediction| {
        let probabilities = answer.probabilities.as_ref().expect("a good image");
        assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        -f64::from(probabilities[answer.label.expect("a label") as usize]).ln()
    };
    let mean = answers.iter().map(loss).sum::<f64>() / answers.len() as f64;
    let reported = evaluation.averages.cross_entropy;
    assert!((mean - reported).abs() < 1e-5 * reported, "{mean} and {reported}");
}

#[test]
fn the_size_of_a_batch_changes_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let predictor = predictor(folder.path());
    let source: Arc<dyn Source> = Arc::new(SyntheticImages::new(7, 10, 3).with_side(12));
    let one = predictor.clone().with_batch_size(1).images(&source).expect("answers");
    let all = predictor.with_batch_size(100).images(&source).expect("answers");
    for (one, all) in one.iter().zip(&all) {
        assert_eq!((&one.place, one.label), (&all.place, all.label));
        assert!(apart(one, all) < 1e-5);
    }
}

#[test]
fn a_file_that_cannot_be_read_has_a_reason_and_the_others_their_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let predictor = predictor(folder.path());
    let (good, other) = (picture(folder.path(), 1), picture(folder.path(), 2));
    let torn = folder.path().join("torn.png");
    let bytes = fs::read(&good).expect("a picture");
    fs::write(&torn, &bytes[..bytes.len() / 2]).expect("written");
    let missing = folder.path().join("missing.png");
    let paths = [missing, good.clone(), torn, folder.path().to_owned(), other.clone()];
    let answers = predictor.files(&paths).expect("answers");
    let is_good: Vec<_> = answers.iter().map(|answer| answer.probabilities.is_ok()).collect();
    assert_eq!(is_good, [false, true, false, false, true]);
    let reason = |index: usize| answers[index].probabilities.clone().expect_err("a reason");
    assert!(reason(0).contains("No such file"), "{}", reason(0));
    assert!(reason(3).contains("not a file"), "{}", reason(3));
    for (path, answer) in paths.iter().zip(&answers) {
        assert_eq!((answer.place.clone(), answer.label), (path.display().to_string(), None));
    }
    let alone = predictor.files(&[good, other]).expect("answers");
    assert!(apart(&alone[0], &answers[1]) < 1e-5 && apart(&alone[1], &answers[4]) < 1e-5);
    assert!(apart(&alone[0], &alone[1]) > 1e-3, "they are different pictures");
    assert!(predictor.files(&[]).expect("nothing").is_empty());
    let hopeless = predictor.files(&paths[..1]).expect("answers");
    assert!(hopeless[0].top(5).is_empty());
}

#[test]
fn with_flip_an_image_and_its_mirror_image_have_the_same_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let predictor = predictor(folder.path());
    let straight = picture(folder.path(), 1);
    let mirrored = folder.path().join("mirrored.png");
    let mut pixels = levels(1);
    pixels.chunks_exact_mut(12).for_each(<[_]>::reverse);
    let image = RgbImage { height: 12, width: 12, pixels: pixels.concat() };
    fs::write(&mirrored, png(&image).expect("a PNG file")).expect("written");
    let paths = [straight, mirrored];
    let plain = predictor.files(&paths).expect("answers");
    let flipped = predictor.with_views(ValidationViews::Flip).files(&paths).expect("answers");
    assert!(apart(&flipped[0], &flipped[1]) < 1e-5, "{}", apart(&flipped[0], &flipped[1]));
    assert!(apart(&plain[0], &plain[1]) > 1e-4, "{}", apart(&plain[0], &plain[1]));
}

#[test]
fn with_ten_crops_a_corner_speaks_that_the_centre_does_not_have() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut trained = trained_in(folder.path());
    trained.recipe.data.validation_size = Some(8);
    let predictor = Predictor::new(trained).with_workers(2);
    let straight = picture(folder.path(), 1);
    let changed = folder.path().join("changed.png");
    let mut pixels = levels(1);
    pixels[0] = pixels[0].map(|level| 255 - level);
    let image = RgbImage { height: 12, width: 12, pixels: pixels.concat() };
    fs::write(&changed, png(&image).expect("a PNG file")).expect("written");
    let paths = [straight, changed];
    let centre = predictor.files(&paths).expect("answers");
    assert_eq!(apart(&centre[0], &centre[1]), 0.0);
    let map = predictor.explain_file(&paths[0], None).expect("a map");
    let ten = predictor.with_views(ValidationViews::TenCrop);
    let answers = ten.files(&paths).expect("answers");
    assert!(apart(&answers[0], &answers[1]) > 0.0);
    assert_eq!(ten.explain_file(&paths[0], None).expect("a map"), map, "of the centre");
}

#[test]
fn an_ensemble_answers_with_the_mean() {
    let (one, other) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("other"));
    let first = predictor(one.path());
    let mut second = trained_in(other.path());
    second.recipe.loss.kind = LossKind::BinaryCrossEntropy;
    let second = Predictor::new(second);
    let source = images().validation;
    let both = Ensemble::new(first.clone(), vec![second.clone()]).expect("the same classes");
    let [a, b, mean] = [first.images(&source), second.images(&source), both.images(&source)]
        .map(|answers| answers.expect("answers")[2].probabilities.clone().expect("good"));
    assert_ne!(a, b, "one adds up to 1, the other judges each class by itself");
    for ((a, b), mean) in a.iter().zip(&b).zip(&mean) {
        assert!((0.5 * (a + b) - mean).abs() < 1e-6);
    }
    let mut stranger = second.trained().clone();
    stranger.classes[0] = "something else".to_owned();
    let error = Ensemble::new(first, vec![Predictor::new(stranger)]).expect_err("other classes");
    assert!(matches!(error, TrainError::OtherClasses { .. }), "{error}");
}

#[test]
fn a_heat_map_is_as_large_as_the_image_and_leaves_the_picture_recognisable() {
    let folder = tempfile::tempdir().expect("a folder");
    let predictor = predictor(folder.path());
    let path = picture(folder.path(), 1);
    let explained = predictor.explain_file(&path, None).expect("a picture");
    let answer = &predictor.files(std::slice::from_ref(&path)).expect("answers")[0];
    assert_eq!(explained.class, answer.top(1)[0].class);
    assert_eq!((explained.heat.height, explained.heat.width), (12, 12));
    assert_eq!(explained.heat.values.len(), 144);
    assert!(explained.heat.values.iter().all(|value| (0.0..=1.0).contains(value)));
    assert_eq!(explained.image.pixels.len(), 12 * 12 * 3);
    let overlay = explained.overlay();
    assert_eq!((overlay.height, overlay.width), (12, 12));
    let levels = overlay.pixels.iter().zip(&explained.image.pixels);
    assert!(levels.clone().any(|(mixed, plain)| mixed != plain));
    assert!(levels.into_iter().all(|(&mixed, &plain)| mixed.abs_diff(plain) <= 128));
    let error = predictor.explain_file(&folder.path().join("none.png"), None).expect_err("missing");
    assert!(error.to_string().contains("none.png"), "{error}");
}

#[test]
fn a_model_card_has_the_names_that_the_run_was_told() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(trained_in(folder.path()));
    let written = export(folder.path(), &folder.path().join("w.safetensors"), Element::F32, &[]);
    let card = fs::read_to_string(written.expect("written").card).expect("a card");
    assert!(card.contains("| 3 | kind 3 |"), "{card}");
}

#[test]
fn the_picture_of_a_grey_network_is_grey() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut trained = trained_in(folder.path());
    trained.model = ResNetConfig::cifar(1).with_in_channels(1).init(0, &trained.device);
    trained.recipe.data.channels = Channels::One;
    // Another mean and deviation for each channel, of which a grey image has the first.
    let imagenet = presets::tutorial().data;
    (trained.recipe.data.mean, trained.recipe.data.std) = (imagenet.mean, imagenet.std);
    let path = folder.path().join("grey.png");
    let pixels = vec![124; 12 * 12 * 3];
    fs::write(&path, png(&RgbImage { height: 12, width: 12, pixels }).expect("a PNG"))
        .expect("written");
    let explained = Predictor::new(trained).explain_file(&path, Some(0)).expect("a picture");
    assert!(
        explained.image.pixels.iter().all(|&level| level == 124),
        "{:?}",
        explained.image.pixels
    );
}

/// 12 bits in a file of 16: on a screen as it is, black.
#[test]
fn a_person_sees_the_brightness_stretched_and_the_network_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut trained = trained_in(folder.path());
    trained.recipe.data.bits = Bits::Sixteen;
    let predictor = Predictor::new(trained).with_workers(1);
    let tiff = |name: &str, factor: u16| {
        let path = folder.path().join(name);
        let levels: Vec<u16> = (0..144).map(|pixel| factor * (pixel * 7 % 256)).collect();
        let mut encoder = TiffEncoder::new(File::create(&path).expect("a file")).expect("a TIFF");
        encoder.write_image::<Gray16>(12, 12, &levels).expect("written");
        path
    };
    let paths = [tiff("dim.tif", 16), tiff("bright.tif", 257)];
    let answers = predictor.files(&paths).expect("answers");
    assert!(apart(&answers[0], &answers[1]) > 1e-3, "{}", apart(&answers[0], &answers[1]));
    let [dim, bright] = paths.map(|path| predictor.explain_file(&path, Some(0)).expect("a map"));
    assert_eq!(dim.image, bright.image);
    assert!(dim.image.pixels.contains(&0) && dim.image.pixels.contains(&255));
    assert_ne!(dim.heat, bright.heat);
}

#[test]
fn what_is_wrong_with_a_model_folder_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::flex();
    let error = Trained::from_run(folder.path(), &device).expect_err("no run");
    assert!(matches!(error, TrainError::NoCheckpoint { .. }), "{error}");
    drop(trained_in(folder.path()));
    let names = folder.path().join("classes.json");
    for (text, problem) in [("[\"one\"]", "1 names for 10 classes"), ("torn", "expected")] {
        fs::write(&names, text).expect("written");
        let error = Trained::from_run(folder.path(), &device).expect_err("bad names");
        assert!(error.to_string().contains(problem), "{error}");
    }
    fs::remove_file(names).expect("removed");
    let numbered = Trained::from_run(folder.path(), &device).expect("a run");
    assert_eq!(numbered.classes[9], "9");
    let options = RunOptions { classes: vec!["x".to_owned()], ..RunOptions::new(folder.path()) };
    let error = run(&recipe(), &options).expect_err("one name for ten classes");
    assert!(error.to_string().contains("1 names were given for 10 classes"), "{error}");
}

#[test]
fn answers_about_images_take_their_labels_from_the_loader() {
    let folder = tempfile::tempdir().expect("a folder");
    let networks = Ensemble::from(predictor(folder.path()));
    let counted = Arc::new(Counted::new());
    let source: Arc<dyn Source> = counted.clone();
    let answers = Answers::of(&networks, &source, None).expect("answers");
    assert_eq!(counted.labels(), 0);
    let labels = (0..17).map(|index| source.label(index).expect("a label") as usize);
    assert_eq!(answers.truth(), labels.collect::<Vec<_>>());
}
