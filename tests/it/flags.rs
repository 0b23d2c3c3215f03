//! TensorFlow's, torchvision's and timm's flags, as `docs/flags.md` lists them, and the flags about whole recipes.

use std::fs;
use std::path::Path;

use resnet::recipe::{FreezeUntil, Precision, Rule};
use resnet::{Recipe, presets};

use crate::support::{stderr, stdout, train_imagenet};

/// A row of the table: an example, the short name, what became of it.
struct Row {
    example: Vec<String>,
    short: Option<String>,
    became: String,
}

/// The parts of the page: TensorFlow's flags, and those of others.
fn page() -> (String, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/flags.md");
    let page = fs::read_to_string(path).expect("docs/flags.md");
    let (tensorflows, others) = page.split_once("\n# From torchvision").expect("two tables");
    (tensorflows.to_owned(), others.to_owned())
}

fn table() -> Vec<Row> {
    let (tensorflows, _others) = page();
    let rows = tensorflows.lines().filter(|line| line.starts_with("| `--"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let code = |cell: &str| cell.trim_matches('`').to_owned();
        Row {
            example: code(cells[0]).split(' ').map(str::to_owned).collect(),
            short: (!cells[1].is_empty()).then(|| code(cells[1])),
            became: cells[2].to_owned(),
        }
    })
    .collect()
}

/// Gives `flags` to the program, which is to show its recipe and nothing else.
fn print_config(flags: &[String]) -> std::process::Output {
    let model = tempfile::tempdir().expect("a folder");
    let folder = format!("--model-dir={}", model.path().display());
    let first = flags.first().map(String::as_str);
    let has_model_dir = matches!(first, Some("--model_dir" | "-md" | "--model-dir"));
    let mut arguments: Vec<&str> = flags.iter().map(String::as_str).collect();
    if !has_model_dir {
        arguments.push(&folder);
    }
    arguments.push("--print-config");
    train_imagenet(&arguments)
}

#[test]
fn every_flag_of_the_table_does_what_the_table_says() {
    let rows = table();
    assert!(rows.len() >= 49, "only {} rows", rows.len());
    for Row { example, short, became } in rows {
        let named = example.clone();
        let shortened = short.map(|short| [&[short], &example[1..]].concat());
        for flags in [Some(named), shortened].into_iter().flatten() {
            let output = print_config(&flags);
            let (text, error) = (stdout(&output), stderr(&output));
            if became.starts_with("*refused*") {
                assert_eq!(output.status.code(), Some(2), "{flags:?}: {text}");
                assert!(error.starts_with(&format!("error: {}: ", flags[0])), "{flags:?}: {error}");
            } else {
                assert!(output.status.success(), "{flags:?}: {error}");
                assert!(text.contains("[model]") || became == "`--help`", "{flags:?}: {text}");
            }
        }
    }
}

#[test]
fn the_table_has_every_flag_of_the_tensorflow_program() {
    let rows = table();
    for flag in [
        "data_dir",
        "model_dir",
        "clean",
        "train_epochs",
        "epochs_between_evals",
        "stop_threshold",
        "batch_size",
        "num_gpus",
        "hooks",
        "export_dir",
        "distribution_strategy",
        "all_reduce_alg",
        "num_packs",
        "inter_op_parallelism_threads",
        "intra_op_parallelism_threads",
        "use_synthetic_data",
        "max_train_steps",
        "dtype",
        "loss_scale",
        "fp16_implementation",
        "tf_gpu_thread_mode",
        "per_gpu_thread_count",
        "datasets_num_private_threads",
        "tf_data_experimental_slack",
        "data_format",
        "image_bytes_as_serving_input",
        "resnet_version",
        "resnet_size",
        "fine_tune",
        "pretrained_model_checkpoint_path",
        "eval_only",
        "use_train_and_evaluate",
        "enable_lars",
        "label_smoothing",
        "weight_decay",
        "worker_hosts",
        "task_index",
        "benchmark_logger_type",
        "benchmark_test_id",
        "log_steps",
        "benchmark_log_dir",
        "gcp_project",
        "bigquery_data_set",
        "bigquery_run_table",
        "bigquery_run_status_table",
        "bigquery_metric_table",
        "flagfile",
        "turn_off_distribution_strategy",
        "helpfull",
    ] {
        let name = format!("--{flag}");
        assert!(rows.iter().any(|row| row.example[0] == name), "{name} is not in the table");
    }
}

/// The code in a cell of the table.
fn code(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// A cell as it reads, without signs for code and links.
fn words(cell: &str) -> String {
    let cell = cell.replace('`', "");
    let mut parts = cell.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    let behind = |part: &str| part.split_once(')').map_or("", |(_, rest)| rest).to_owned();
    parts.fold(first, |text, part| text + &behind(part)).replace('[', "")
}

/// What the program says to these flags on a recipe for ImageNet.
fn given(flags: &str) -> std::process::Output {
    let flags = flags.split(' ').chain(["--preset", "tutorial"]);
    print_config(&flags.map(str::to_owned).collect::<Vec<_>>())
}

#[test]
fn a_flag_of_torchvision_or_timm_ends_with_what_the_table_says_and_that_works() {
    let (_tensorflows, others) = page();
    let rows: Vec<Vec<&str>> = others
        .lines()
        .filter(|line| line.starts_with("| `") || line.starts_with("| |"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 40, "only {} rows", rows.len());
    for row in &rows {
        let [torchvisions, timms, here] = row[..] else { panic!("{row:?}") };
        let is_ours = |flag: &str| code(here).any(|code| code.split(' ').any(|word| word == flag));
        for flags in code(torchvisions).chain(code(timms)).filter(|flag| flag.starts_with('-')) {
            let flag = flags.split(' ').next().expect("a flag");
            let output = given(flags);
            if is_ours(flag) {
                assert!(output.status.success(), "{flags}: {}", stderr(&output));
            } else {
                assert_eq!(output.status.code(), Some(2), "{flags}: {}", stdout(&output));
                let said = format!("error: {flag}: here it is {}\n", words(here));
                assert_eq!(stderr(&output), said);
            }
        }
        for flags in code(here).filter(|flag| flag.starts_with("--")) {
            let output = given(flags);
            assert!(output.status.success(), "{flags}: {}", stderr(&output));
        }
    }
}

#[test]
fn flags_of_others_are_known_with_underscores_and_values_too() {
    for (flags, advice) in [("--data_path D", "--data-dir D"), ("--lr=0.1", "--base-lr 0.1")] {
        let output = given(flags);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(advice), "{}", stderr(&output));
    }
}

#[test]
fn a_network_that_does_not_exist_has_no_recipe_to_show() {
    for (flags, named) in [
        ("--model resnet51", "model.name"),
        ("--set model.version=v2 --set model.attention=efficient", "[model]: "),
    ] {
        let output = given(flags);
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        assert!(stderr(&output).contains(named), "{}", stderr(&output));
    }
}

#[test]
fn what_is_no_recipe_says_what_to_name_instead() {
    let folder = tempfile::tempdir().expect("a folder");
    let weights = folder.path().join("best.safetensors");
    fs::write(&weights, [0, 159, 146, 150]).expect("written");
    let config = folder.path().join("config.toml").display().to_string();
    for path in [folder.path(), &weights] {
        let path = path.to_str().expect("UTF-8");
        let shown = train_imagenet(&["--recipe", path, "--print-config"]);
        let drawn = crate::support::example("dataset", &["sample", "--recipe", path]);
        for output in [shown, drawn] {
            let said = stderr(&output);
            assert!(said.contains(path) && said.contains(&config), "{said}");
        }
    }
}

fn config(flags: &[&str]) -> Recipe {
    let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
    let output = print_config(&flags);
    assert!(output.status.success(), "{}", stderr(&output));
    Recipe::from_toml(&stdout(&output)).expect("a recipe")
}

#[test]
fn tensorflows_flags_reach_the_recipe() {
    let recipe = config(&["-dd", "/images", "-bs=64", "--te", "30", "--weight_decay=0.0002"]);
    assert_eq!((recipe.train.batch_size, recipe.train.epochs), (64, 30));
    assert_eq!(recipe.optimizer.weight_decay, 2e-4);
    assert_eq!(recipe.model.name, "resnet50", "the defaults of ImageNet");
    assert_eq!(config(&["--dtype=fp16"]).train.precision, Precision::F16);
    assert_eq!(config(&["--model", "resnet50d"]).model.name, "resnet50d");
    assert_eq!(config(&["--fine_tune"]).model.freeze_until, Some(FreezeUntil::Layer4));
    let lars = Rule::Lars { momentum: 0.9, trust: 0.001 };
    assert_eq!(config(&["--enable_lars"]).optimizer.rule, lars);
    assert_ne!(config(&["--noenable_lars"]).optimizer.rule, lars);
    let large = config(&["-dd", "/images", "--enable_lars"]);
    assert_eq!(large.schedule, presets::mlperf_lars().schedule);
    assert_eq!(config(&["-dd", "/images", "-rv", "2"]).model.name, "resnetv2_50");
    assert_eq!(config(&["-dd", "/images", "-rv=2", "-rs=101"]).model.name, "resnetv2_101");
    assert_eq!(config(&["-dd", "/images", "-rv", "1", "-rs", "34"]).model.name, "resnet34");
}

#[test]
fn a_switch_can_be_turned_off_as_absl_does() {
    assert_eq!(config(&["--nouse_synthetic_data"]), presets::fashion_mnist_sample());
    assert_eq!(config(&["--use_synthetic_data=false"]), presets::fashion_mnist_sample());
    assert_eq!(config(&["--use_synthetic_data=True"]), presets::tutorial());
}

#[test]
fn a_value_that_cannot_be_had_is_refused_with_what_can() {
    for (flags, advice) in [
        (["--num_gpus", "-2"], "0 for the CPU"),
        (["--dtype", "fp8"], "bf16"),
        (["--resnet_version", "3"], "1..=2"),
        (["--resnet-version", "2"], "--resnet-size"),
        (["--distribution_strategy", "multi_worker_mirrored"], "mpirun"),
    ] {
        let output = print_config(&flags.map(str::to_owned));
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(advice), "{flags:?}: {}", stderr(&output));
    }
}

#[test]
fn one_size_is_refused_where_sizes_change() {
    let preset = presets::ALL.iter().find(|preset| (preset.recipe)().resolution.is_some());
    let name = preset.expect("FFCV's grow their images").name;
    let output = train_imagenet(&["--preset", name, "--image-size", "128", "--print-config"]);
    let said = stderr(&output);
    assert!(!output.status.success() && said.contains("resolution.start_size"), "{said}");
}

#[test]
fn every_preset_is_listed_and_can_be_shown() {
    let list = stdout(&train_imagenet(&["--list-presets"]));
    for preset in presets::ALL {
        assert!(list.contains(preset.name) && list.contains(preset.summary), "{list}");
        assert_eq!(config(&["--preset", preset.name]), (preset.recipe)());
    }
}

/// The rows of the presets' table: name, what, hardware, accuracy, source, command.
fn preset_rows() -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes.md");
    let page = fs::read_to_string(path).expect("docs/recipes.md");
    let (_, section) = page.split_once("## Presets\n").expect("a section");
    let (section, _) = section.split_once("\n## ").expect("another section");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cell = |cell: &str| cell.trim().trim_matches('`').to_owned();
    rows.map(|row| row.trim_matches('|').split('|').map(cell).collect()).collect()
}

#[test]
fn every_preset_has_hardware_accuracy_source_and_a_command_that_works() {
    let rows = preset_rows();
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, presets::ALL.map(|preset| preset.name));
    for (row, preset) in rows.iter().zip(presets::ALL) {
        assert!(row.len() == 6 && row.iter().all(|cell| cell.len() > 3), "{row:?}");
        let flags = row[5].strip_prefix("train_imagenet").expect("the program");
        let flags = flags.trim_end_matches(" --model-dir M");
        let mut expected = (preset.recipe)();
        if flags.contains("--num-classes 7") {
            expected.model.num_classes = 7;
        }
        assert_eq!(config(&flags.split_whitespace().collect::<Vec<_>>()), expected, "{flags}");
    }
}

#[test]
fn a_shown_recipe_can_be_read_again_and_changed_by_keys_and_flags() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("recipe.toml");
    fs::write(&path, presets::nvidia_90().to_toml()).expect("written");
    let file = path.to_str().expect("UTF-8");
    let flags = ["--recipe", file, "--train-epochs", "50", "--set", "schedule.decay=linear"];
    let mut expected = presets::nvidia_90();
    expected.train.epochs = 50;
    expected.schedule.decay = resnet::recipe::Decay::Linear;
    assert_eq!(config(&flags), expected);
}

#[test]
fn a_misspelt_key_or_preset_is_refused_with_the_nearest_one() {
    for (flags, near) in
        [(["--set", "train.epoch=3"], "`epochs`"), (["--preset", "nvidia-9"], "`nvidia-90`")]
    {
        let output = print_config(&flags.map(str::to_owned));
        assert!(!output.status.success());
        assert!(stderr(&output).contains(near), "{}", stderr(&output));
    }
}

#[test]
fn a_preset_for_other_images_is_not_trained_on_the_sample() {
    let output = train_imagenet(&["--preset", "nvidia-90"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("--data-dir"), "{}", stderr(&output));
}
