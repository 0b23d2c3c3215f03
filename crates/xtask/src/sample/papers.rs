//! What lies beside the shards: class list, licence, and a README with counts and SHA-256 sums.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{CLASSES, QUANTISATION_STEP, SampleArgs, idx};

const LICENSE: &str = "\
The MIT License (MIT)

Copyright (c) 2017 Zalando SE, https://tech.zalando.com

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the \"Software\"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
";

/// Writes `classes.json`, `LICENSE` and `README.md`.
pub(super) fn write(args: &SampleArgs, shards: &[PathBuf]) -> Result<()> {
    let classes: Vec<_> =
        CLASSES.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    let classes = serde_json::to_string_pretty(&classes)? + "\n";
    save(&args.out.join("classes.json"), &classes)?;
    save(&args.out.join("LICENSE"), LICENSE)?;
    save(&args.out.join("README.md"), &readme(args, shards)?)
}

fn save(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn readme(args: &SampleArgs, shards: &[PathBuf]) -> Result<String> {
    let (train, validation) = (args.train_per_class, args.validation_per_class);
    let mut text = format!(
        "# A sample of Fashion-MNIST

This folder is written by a command; do not edit it by hand:

    cargo run --release -p xtask -- sample --from DIR --train-per-class {train} --validation-per-class {validation}

`DIR` holds the four original files of [Fashion-MNIST](https://github.com/zalandoresearch/fashion-mnist)
(Debian: package `dataset-fashion-mnist`, folder `/usr/share/datasets/fashion-mnist`). The licence is
MIT, beside this file.

* {} training images: the first {train} of each class in the original training set.
* {} validation images: the first {validation} of each class in the original test set.
* 28x28 pixels, 10 classes. `classes.json` lists them; position `n` there is `image/class/label`
  `n + 1`.
* TFRecord shards with the nine keys that `imagenet_to_gcs.py` writes, JPEG in RGB with equal
  channels, all quantisation steps {QUANTISATION_STEP}, two progressive scans.

The same original files give the same bytes.

| original file | SHA-256 |
|---|---|
",
        train * CLASSES.len(),
        validation * CLASSES.len(),
    );
    for prefix in ["train", "t10k"] {
        table_line(&mut text, &idx::images_path(&args.from, prefix))?;
        table_line(&mut text, &idx::labels_path(&args.from, prefix))?;
    }
    text.push_str("\n| shard | SHA-256 |\n|---|---|\n");
    for shard in shards {
        table_line(&mut text, shard)?;
    }
    Ok(text)
}

fn table_line(text: &mut String, path: &Path) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().context("a file has a name")?.to_string_lossy();
    write!(text, "| `{name}` | `")?;
    for byte in Sha256::digest(&bytes) {
        write!(text, "{byte:02x}")?;
    }
    text.push_str("` |\n");
    Ok(())
}
