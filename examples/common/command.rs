//! Commands for a person to type.

/// Features that change what a program can do, and whether this one was compiled with them.
const FEATURES: [(&str, bool); 10] = [
    ("wgpu", cfg!(feature = "wgpu")),
    ("vulkan", cfg!(feature = "vulkan")),
    ("metal", cfg!(feature = "metal")),
    ("cuda", cfg!(feature = "cuda")),
    ("cuda-nvrtc", cfg!(feature = "cuda-nvrtc")),
    ("rocm", cfg!(feature = "rocm")),
    ("mpi", cfg!(feature = "mpi")),
    ("parquet", cfg!(feature = "parquet")),
    ("dicom", cfg!(feature = "dicom")),
    ("download", cfg!(feature = "download")),
];

/// What runs the example `name`, with the features that this program was compiled with.
pub(crate) fn cargo_run(name: &str) -> String {
    let compiled: Vec<&str> =
        FEATURES.iter().filter(|(_, compiled)| *compiled).map(|(name, _)| *name).collect();
    cargo_run_with(name, &compiled)
}

/// The same with these features.
pub(crate) fn cargo_run_with(name: &str, features: &[&str]) -> String {
    let features = match features {
        [] => String::new(),
        some => format!(" --features {}", some.join(",")),
    };
    format!("cargo run --release{features} --example {name}")
}

/// `text` as a shell reads it back.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
