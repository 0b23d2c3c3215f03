//! Single keys changed by `section.key=value`, and what is said of those that do not exist.

use resnet_recipe::{Clip, Crop, Decay, Recipe, RecipeError, Rule, Span, presets};

fn changed(overrides: &[&str]) -> Recipe {
    presets::tutorial().with_overrides(overrides).expect("sound overrides")
}

fn refusal(overrides: &[&str]) -> String {
    presets::tutorial().with_overrides(overrides).expect_err("refused").to_string()
}

#[test]
fn an_override_changes_its_key_and_no_other() {
    let mut expected = presets::tutorial();
    expected.optimizer.weight_decay = 5e-5;
    assert_eq!(changed(&["optimizer.weight_decay=5e-5"]), expected);
    assert_eq!(changed(&[]), presets::tutorial());
}

#[test]
fn values_are_toml_and_bare_words_are_texts() {
    let recipe = changed(&[
        "optimizer.rule.sgd.nesterov = true",
        "model.stem=small",
        "data.mean=[0.5, 0.25, 1]",
        "schedule.warmup.length=500 steps",
        "schedule.base_lr=2",
    ]);
    assert_eq!(recipe.optimizer.rule, Rule::Sgd { momentum: 0.9, nesterov: true });
    assert_eq!(recipe.data.mean, [0.5, 0.25, 1.0]);
    assert_eq!(recipe.schedule.warmup.length, Span::Steps(500));
    assert_eq!(recipe.schedule.base_lr, 2.0);
}

#[test]
fn a_choice_takes_the_place_of_another() {
    assert_eq!(changed(&["schedule.decay=cosine"]).schedule.decay, Decay::Cosine);
    assert_eq!(changed(&["schedule.decay.cosine={}"]).schedule.decay, Decay::Cosine);
    let steps = changed(&["schedule.decay.step.every=30", "schedule.decay.step.factor=0.1"]);
    assert_eq!(steps.schedule.decay, Decay::Step { every: Span::Epochs(30.0), factor: 0.1 });
    assert_eq!(changed(&["data.crop.pad-crop.pad=4"]).data.crop, Crop::PadCrop { pad: 4 });
    let plateau = changed(&["schedule.decay=reduce-on-plateau"]).schedule.decay;
    assert!(matches!(plateau, Decay::ReduceOnPlateau(rule) if rule.patience == 10));
}

#[test]
fn a_rule_by_its_name_alone_has_the_usual_constants() {
    let rule = |name: &str| changed(&[&format!("optimizer.rule={name}")]).optimizer.rule;
    assert_eq!(rule("sgd"), Rule::Sgd { momentum: 0.9, nesterov: false });
    assert_eq!(rule("adamw"), Rule::Adamw { betas: (0.9, 0.999), eps: 1e-8 });
    assert_eq!(rule("lamb"), Rule::Lamb { betas: (0.9, 0.999), eps: 1e-6 });
    assert_eq!(rule("lars"), Rule::Lars { momentum: 0.9, trust: 0.001 });
    assert_eq!(rule("lion"), Rule::Lion { betas: (0.9, 0.99) });
    let muon = Rule::Muon { momentum: 0.95, nesterov: true, betas: (0.9, 0.999), eps: 1e-8 };
    assert_eq!(rule("muon"), muon);
}

#[test]
fn a_section_that_is_off_is_turned_on_by_its_keys() {
    let recipe = changed(&["ema.decay=0.999", "optimizer.clip.norm=5"]);
    assert_eq!(recipe.ema.map(|ema| (ema.decay, ema.every)), Some((0.999, 1)));
    assert_eq!(recipe.optimizer.clip, Clip::Norm(5.0));
    assert_eq!(
        changed(&["optimizer.rule.lion.betas=[0.9, 0.99]"]).optimizer.rule,
        Rule::Lion { betas: (0.9, 0.99) }
    );
}

#[test]
fn one_key_of_the_choice_that_stands_can_be_changed() {
    let recipe = changed(&["schedule.decay.multi-step.factor=0.2"]);
    let Decay::MultiStep { at, factor } = recipe.schedule.decay else { panic!("another decay") };
    assert_eq!((at.len(), factor), (4, 0.2));
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_and_all_known_ones() {
    assert_eq!(
        refusal(&["train.epoch=10"]),
        "train.epoch: unknown key `epoch`, did you mean `epochs`?; \
         known: epochs, batch_size, seed, epochs_between_evals, precision, reestimate_batch_norm, \
         exchange"
    );
    let section = refusal(&["optimiser.momentum=0.9"]);
    assert!(section.contains("did you mean `optimizer`?"), "{section}");
    let choice = refusal(&["schedule.decay=cosin"]);
    assert!(choice.starts_with("schedule.decay: unknown choice `cosin`"), "{choice}");
    assert!(choice.contains("did you mean `cosine`?") && choice.contains("one-cycle"), "{choice}");
    let far = refusal(&["train.zzz=1"]);
    assert!(!far.contains("did you mean") && far.contains("batch_size"), "{far}");
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_key_and_what_it_has_to_be() {
    assert_eq!(
        refusal(&["train.epochs=many"]),
        "train.epochs: this is string \"many\", and has to be a whole number of at least 0"
    );
    assert_eq!(
        refusal(&["optimizer.rule.sgd.momentum=x"]),
        "optimizer.rule.sgd.momentum: this is string \"x\", and has to be a number"
    );
    assert!(refusal(&["schedule.warmup.length=5 weeks"]).contains("\"1000 steps\""));
    assert!(refusal(&["data.mean=[1, true, 0]"]).starts_with("data.mean.1: "));
    assert!(refusal(&["data.mean=[1, 0, 0, 1]"]).starts_with("data.mean: "));
    assert!(refusal(&["train=3"]).contains("a section of keys"));
}

#[test]
fn a_key_that_a_choice_needs_is_named_when_it_is_missing() {
    let message = refusal(&["schedule.decay.step.every=30"]);
    assert!(message.starts_with("schedule.decay.step.factor: this key is missing"), "{message}");
}

#[test]
fn what_is_no_override_is_refused_with_an_example() {
    for text in ["train.epochs", "=3", "train.=3", ""] {
        let message = refusal(&[text]);
        assert!(message.contains("train.epochs=10"), "{text}: {message}");
    }
}

#[test]
fn overrides_are_checked_together() {
    assert!(refusal(&["data.image_size=512"]).starts_with("data.validation_resize"));
    let both = changed(&["data.image_size=512", "data.validation_resize=586"]);
    assert_eq!(both.data.image_size, 512);
}

#[test]
fn a_file_with_an_unknown_key_is_refused_with_its_line_and_the_nearest_key() {
    let text = presets::tutorial().to_toml().replace("momentum", "momentun");
    let line = 1 + text.lines().position(|line| line.contains("momentun")).expect("a line");
    let message = Recipe::from_toml(&text).expect_err("misspelt").to_string();
    assert!(message.starts_with(&format!("line {line}, optimizer.rule.sgd.momentun")), "{message}");
    assert!(message.contains("did you mean `momentum`?"), "{message}");
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_line_and_column() {
    let error = Recipe::from_toml("[model]\nresnet_size = = 3").expect_err("no TOML");
    assert!(matches!(error, RecipeError::Syntax(_)));
    assert!(error.to_string().contains("line 2"), "{error}");
}
