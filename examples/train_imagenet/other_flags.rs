//! Flags of torchvision's and timm's `train.py`, and what does the same here. `docs/flags.md` has the same
//! words in a table.

/// Names without dashes, and what to write instead.
const FLAGS: &[(&[&str], &str)] = &[
    (&["data-path"], "--data-dir D"),
    (&["output-dir", "output"], "--model-dir M"),
    (&["weights", "initial-checkpoint"], "--pretrained resnet50.tv_v2, or a file"),
    (&["b"], "--batch-size 256, of all devices together"),
    (&["lr"], "--base-lr 0.1 with --set schedule.scaling=none"),
    (&["opt"], "--set optimizer.rule=adamw"),
    (&["wd"], "--weight-decay 1e-4, never of biases and normalisations"),
    (
        &["norm-weight-decay", "bias-weight-decay"],
        "nothing: biases and normalisations never decay; leave it out",
    ),
    (&["clip-grad-norm", "clip-grad"], "--set optimizer.clip.norm=1"),
    (&["clip-mode"], "--set optimizer.clip.adaptive=0.01"),
    (&["layer-decay"], "--set optimizer.layer_decay=0.75"),
    (&["grad-accum-steps"], "--set optimizer.accumulate=4, which cuts the batch into parts"),
    (&["lr-scheduler", "sched"], "--schedule cosine, or another schedule.decay of a recipe"),
    (&["lr-warmup-epochs"], "--warmup-epochs 5"),
    (&["lr-warmup-method"], "--set schedule.warmup.shape=linear"),
    (&["lr-warmup-decay", "warmup-lr"], "--set schedule.warmup.from=0.01, a share of the peak"),
    (
        &["lr-step-size", "lr-gamma", "decay-epochs", "decay-rate"],
        "--set schedule.decay.step.every=30 --set schedule.decay.step.factor=0.1",
    ),
    (&["lr-min", "min-lr"], "--set schedule.min_lr=0.00001"),
    (&["smoothing"], "--label-smoothing 0.1"),
    (&["mixup-alpha", "mixup"], "--set loss.mixup=0.2"),
    (&["cutmix-alpha", "cutmix"], "--set loss.cutmix=1.0"),
    (&["bce-loss"], "--set loss.kind=binary-cross-entropy"),
    (
        &[
            "auto-augment",
            "ra-magnitude",
            "augmix-severity",
            "random-erase",
            "aa",
            "reprob",
            "remode",
            "recount",
            "color-jitter",
            "hflip",
            "vflip",
        ],
        "data.augment of a recipe",
    ),
    (&["scale", "ratio"], "data.crop of a recipe"),
    (&["ra-sampler", "ra-reps", "aug-repeats"], "--set data.sampler.repeated.times=3"),
    (
        &["model-ema", "model-ema-decay", "model-ema-steps"],
        "--set ema.decay=0.9999 --set ema.every=32",
    ),
    (&["drop"], "--set model.dropout=0.1"),
    (&["drop-path"], "--set model.stochastic_depth=0.05"),
    (&["train-crop-size", "img-size"], "--set data.image_size=176"),
    (&["val-crop-size"], "--set data.validation_size=224"),
    (&["val-resize-size", "crop-pct"], "--set data.validation_resize=232, in pixels"),
    (&["interpolation", "train-interpolation"], "--set data.interpolation=bicubic"),
    (&["amp", "native-amp", "amp-dtype"], "--precision bf16, or f16"),
    (&["sync-bn"], "--sync-batch-norm"),
    (&["j"], "--workers 8"),
    (&["print-freq", "log-interval"], "--log-every 10"),
    (&["checkpoint-hist"], "--keep-last 10"),
    (&["recovery-interval"], "--checkpoint-every 1000"),
    (&["resume", "start-epoch", "no-resume-opt"], "the same command again"),
    (&["test-only"], "--eval-only, of a run or with --pretrained resnet50"),
    (&["world-size", "dist-url", "local-rank"], "--num-gpus 8, or mpirun -np 8"),
    (
        &[
            "cache-dataset",
            "backend",
            "use-v2",
            "use-deterministic-algorithms",
            "channels-last",
            "pin-mem",
            "no-prefetcher",
            "torchcompile",
        ],
        "nothing; leave it out",
    ),
];

/// What to write in place of another program's flag, if `argument` is one: with one dash or two, with `-` or `_`
/// between words.
pub(crate) fn instead_of(argument: &str) -> Option<&'static str> {
    let name = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-'))?;
    let name = name.split('=').next().unwrap_or(name).replace('_', "-");
    let row = FLAGS.iter().find(|(names, _)| names.contains(&&*name));
    row.map(|(_, instead)| *instead)
}
