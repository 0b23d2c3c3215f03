//! Images that do not fit.

use burn::tensor::{Device, Tensor};
use resnet_models::{AntiAlias, BlockKind, InputError, ResNet, ResNetConfig, StemPool};

fn try_shape(model: &ResNet, shape: [usize; 4]) -> Result<[usize; 2], InputError> {
    model.try_forward(Tensor::zeros(shape, &Device::flex())).map(|logits| logits.dims())
}

#[test]
fn images_of_a_wrong_shape_are_an_error_with_both_shapes() {
    let model = ResNetConfig::cifar(1).with_num_classes(3).init(0, &Device::flex());
    assert_eq!(try_shape(&model, [2, 3, 8, 9]), Ok([2, 3]));
    assert_eq!(try_shape(&model, [1, 3, 1, 1]), Ok([1, 3]));
    for given in [[2, 1, 8, 8], [2, 8, 8, 3], [0, 3, 8, 8], [2, 3, 0, 8]] {
        let error = try_shape(&model, given).expect_err("does not fit");
        assert_eq!(error, InputError::Shape { given, channels: 3 });
        let text = error.to_string();
        assert!(text.contains(&format!("{given:?}")) && text.contains("[batch, 3, height, width]"));
    }
}

#[test]
fn grey_networks_say_that_they_are() {
    let model = ResNetConfig::cifar(1).with_in_channels(1).init(0, &Device::flex());
    let error = try_shape(&model, [1, 3, 8, 8]).expect_err("three channels");
    assert!(error.to_string().contains("[batch, 1, height, width]"), "{error}");
}

#[test]
fn sizes_that_filters_cannot_halve_are_an_error_and_all_others_work() {
    let small = ResNetConfig::imagenet(BlockKind::Basic, [1; 4]).with_num_classes(2);
    let small = ResNetConfig { width: 2, stem_width: 2, ..small };
    let (blur, average) = (small.clone().blur(), small.with_anti_alias(Some(AntiAlias::Average)));
    let conv = |config: &ResNetConfig| config.clone().with_stem_pool(StemPool::Conv);
    let cases = [
        (conv(&blur), vec![17..=40]),
        (blur, vec![17..=40]),
        (conv(&average), vec![29..=32]),
        (average.clone(), vec![31..=34]),
        (average.with_output_stride(8), vec![7..=10, 15..=18, 23..=26, 31..=34, 39..=40]),
    ];
    for (config, fitting) in cases {
        let model = config.init(0, &Device::flex());
        for size in 1..=40 {
            let given = [1, 3, size, size];
            let wanted = match fitting.iter().any(|sizes| sizes.contains(&size)) {
                true => Ok([1, 2]),
                false => Err(InputError::Size { given, channels: 3 }),
            };
            assert_eq!(try_shape(&model, given), wanted, "{config:?}");
        }
    }
}
