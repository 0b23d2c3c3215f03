//! The flags of TensorFlow's `imagenet_main.py`: those that still mean something become ours, the
//! others say what to use instead. `docs/flags.md` is the table for people.

use anyhow::{Context, Result, bail};

use crate::other_flags;

/// What becomes of a flag of TensorFlow's program.
enum Fate {
    /// Ours takes the same value.
    Value(&'static str),
    /// A switch, which stands for these of ours.
    Switch(&'static [&'static str]),
    /// Ours depends on the value; `None` is a value that cannot be had, for the reason given.
    Choice(fn(&str) -> Option<Vec<String>>, &'static str),
    /// There is none; this is what to do.
    Gone(&'static str),
}

use Fate::{Choice, Gone, Switch, Value};

const DEVICES: &str = "write a number of devices from 1, 0 for the CPU, or -1 for all";
const LAUNCHER: &str =
    "processes are started by mpirun or srun, which know each other; leave it out";
const ONE_WAY: &str = "gradients are added up in one way; leave it out";
const NO_TUNING: &str = "the backend sees to this itself; leave it out";
const RECORDED: &str =
    "every run keeps metrics.jsonl, metrics.csv and event files in its --model-dir; leave it out";
const NO_BIGQUERY: &str = "nothing is sent anywhere; metrics.jsonl in --model-dir has all numbers";
const PRECISION: &str = "floats are fp32, fp16 or bf16";
const LOSS_SCALE: &str = "with --precision f16 the factor of the loss finds itself; leave it out";
/// The classifier alone learns.
const FINE_TUNE: Fate = Switch(&["--set=model.freeze_until=layer4"]);
/// The rule and the learning rate, which is that for batches below 8192: see the preset mlperf-lars.
const LARS: Fate = Switch(&[
    "--set=optimizer.rule.lars.momentum=0.9",
    "--set=optimizer.rule.lars.trust=0.001",
    "--set=schedule.base_lr=5.0",
    "--set=schedule.scaling=none",
    "--set=schedule.min_lr=0.0001",
    "--set=schedule.warmup.length=5",
    "--set=schedule.decay.polynomial.power=2.0",
]);

/// Every flag of `official/r1/resnet` and absl: name, short name, fate.
const FLAGS: &[(&str, &str, Fate)] = &[
    ("data_dir", "dd", Value("--data-dir")),
    ("model_dir", "md", Value("--model-dir")),
    ("clean", "", Switch(&["--fresh"])),
    ("train_epochs", "te", Value("--train-epochs")),
    ("epochs_between_evals", "ebe", Value("--epochs-between-evals")),
    ("stop_threshold", "st", Value("--stop-threshold")),
    ("batch_size", "bs", Value("--batch-size")),
    ("num_gpus", "ng", Choice(num_gpus, DEVICES)),
    ("hooks", "hk", Gone("every report is always made, see --log-every; leave it out")),
    ("export_dir", "ed", Value("--export-dir")),
    ("distribution_strategy", "ds", Choice(distribution_strategy, LAUNCHER)),
    ("turn_off_distribution_strategy", "", Gone(ONE_WAY)),
    ("all_reduce_alg", "ara", Gone(ONE_WAY)),
    ("num_packs", "", Gone(ONE_WAY)),
    ("inter_op_parallelism_threads", "inter", Gone(NO_TUNING)),
    ("intra_op_parallelism_threads", "intra", Gone(NO_TUNING)),
    ("use_synthetic_data", "synth", Switch(&["--synthetic"])),
    ("max_train_steps", "mts", Value("--max-steps")),
    ("dtype", "dt", Choice(dtype, PRECISION)),
    ("loss_scale", "ls", Gone(LOSS_SCALE)),
    ("fp16_implementation", "", Gone("casting is how it is; leave it out")),
    ("tf_gpu_thread_mode", "gt_mode", Gone(NO_TUNING)),
    ("per_gpu_thread_count", "pgtc", Gone(NO_TUNING)),
    ("datasets_num_private_threads", "", Value("--workers")),
    ("tf_data_experimental_slack", "", Gone(NO_TUNING)),
    ("data_format", "df", Gone(NO_TUNING)),
    ("image_bytes_as_serving_input", "", Gone("no serving model is written; leave it out")),
    ("resnet_version", "rv", Value("--resnet-version")),
    ("resnet_size", "rs", Value("--resnet-size")),
    ("fine_tune", "ft", FINE_TUNE),
    ("pretrained_model_checkpoint_path", "pmcp", Value("--pretrained")),
    ("eval_only", "", Switch(&["--eval-only"])),
    ("use_train_and_evaluate", "", Gone("this is how every run goes; leave it out")),
    ("enable_lars", "", LARS),
    ("label_smoothing", "", Value("--label-smoothing")),
    ("weight_decay", "", Value("--weight-decay")),
    ("worker_hosts", "", Gone(LAUNCHER)),
    ("task_index", "", Gone(LAUNCHER)),
    ("benchmark_logger_type", "", Gone(RECORDED)),
    ("benchmark_test_id", "bti", Gone("name the run by its --model-dir")),
    ("log_steps", "", Value("--log-every")),
    ("benchmark_log_dir", "bld", Gone(RECORDED)),
    ("gcp_project", "gp", Gone(NO_BIGQUERY)),
    ("bigquery_data_set", "bds", Gone(NO_BIGQUERY)),
    ("bigquery_run_table", "brt", Gone(NO_BIGQUERY)),
    ("bigquery_run_status_table", "brst", Gone(NO_BIGQUERY)),
    ("bigquery_metric_table", "bmt", Gone(NO_BIGQUERY)),
    ("flagfile", "", Gone("write a recipe with --print-config > FILE, and use --recipe FILE")),
    ("helpfull", "", Switch(&["--help"])),
];

fn num_gpus(value: &str) -> Option<Vec<String>> {
    match value.parse().ok()? {
        0 => Some(vec!["--device=cpu".to_owned()]),
        -1 => Some(vec!["--num-gpus=all".to_owned()]),
        1.. => Some(vec![format!("--num-gpus={value}")]),
        i64::MIN..=-2 => None,
    }
}

fn distribution_strategy(value: &str) -> Option<Vec<String>> {
    ["off", "default", "one_device", "mirrored"].contains(&value).then(Vec::new)
}

fn dtype(value: &str) -> Option<Vec<String>> {
    match value {
        "fp32" => Some(Vec::new()),
        "fp16" => Some(vec!["--precision=f16".to_owned()]),
        "bf16" => Some(vec!["--precision=bf16".to_owned()]),
        _ => None,
    }
}

/// `arguments` with every flag of TensorFlow's program in our words, also `-short`, `--flag=value`
/// and `--noflag`, as absl reads them.
///
/// # Errors
/// Of a flag that means nothing here, or is torchvision's or timm's, saying what to use instead.
pub(crate) fn translate(arguments: Vec<String>) -> Result<Vec<String>> {
    let mut ours = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let Some((fate, value)) = find(&argument) else {
            if let Some(instead) = other_flags::instead_of(&argument) {
                bail!("{argument}: here it is {instead}");
            }
            ours.push(argument);
            continue;
        };
        let mut value_of = || {
            let value = value.map(str::to_owned).or_else(|| arguments.next());
            value.with_context(|| format!("{argument} needs a value"))
        };
        match fate {
            Value(flag) => ours.push(format!("{flag}={}", value_of()?)),
            Switch(flags) if is_on(&argument, value)? => {
                ours.extend(flags.iter().map(ToString::to_string));
            }
            Switch(_) => {}
            Choice(choose, advice) => {
                let value = value_of()?;
                let flags = choose(&value);
                let flags = flags.with_context(|| format!("{argument} {value}: {advice}"))?;
                ours.extend(flags);
            }
            Gone(advice) => bail!("{argument}: {advice}"),
        }
    }
    add_size(&mut ours);
    Ok(ours)
}

/// TensorFlow's version is that of 50 layers where no size is given; translated flags have a `=`.
fn add_size(flags: &mut Vec<String>) {
    let has = |start: &str| flags.iter().any(|flag| flag.starts_with(start));
    if has("--resnet-version=") && !has("--resnet-size") {
        flags.push("--resnet-size=50".to_owned());
    }
}

/// The fate of TensorFlow's flag that `argument` is, if it is one, and the value after its `=`.
fn find(argument: &str) -> Option<(&'static Fate, Option<&str>)> {
    let name = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-'))?;
    let (name, value) = match name.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (name, None),
    };
    let is_negated = |full: &str| name.strip_prefix("no") == Some(full);
    FLAGS.iter().find_map(|(full, short, fate)| {
        let is_named = name == *full || (!short.is_empty() && name == *short);
        let is_switched_off = matches!(fate, Switch(_)) && is_negated(full);
        (is_named || is_switched_off).then_some((fate, value))
    })
}

/// What a switch of absl says: `--flag`, `--noflag`, `--flag=true` or `--flag=false`.
fn is_on(argument: &str, value: Option<&str>) -> Result<bool> {
    match value.map(str::to_ascii_lowercase).as_deref() {
        None => Ok(!argument.trim_start_matches('-').starts_with("no")),
        Some("true" | "t" | "1") => Ok(true),
        Some("false" | "f" | "0") => Ok(false),
        Some(_) => bail!("{argument}: write true or false"),
    }
}
