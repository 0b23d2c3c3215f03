//! What `resnet-data` promises to its users, through its public API only.

#![allow(clippy::unwrap_used, reason = "a helper that cannot do its work fails its test")]

mod any_image;
mod bad_images;
mod contact_sheet;
mod dataset;
mod decode;
mod decode_corpus;
#[cfg(feature = "dicom")]
mod dicom;
mod draws;
mod elongated;
mod epochs;
mod formats;
mod image_files;
mod inspect;
mod inspect_problems;
mod inspect_support;
#[cfg(feature = "parquet")]
mod parquet_files;
mod pixel_ops;
mod png;
mod policies;
mod prepare_bad_input;
mod prepare_corpus;
mod prepare_docs;
mod prepare_layouts;
mod prepare_output;
mod prepare_peers;
mod prepare_resume;
mod prepare_support;
mod records;
mod resplit;
mod resuming;
mod sample;
mod sampling;
mod shards;
mod sixteen_bits;
mod stopping;
mod stratify;
mod support;
mod transforms;
mod vanishing;
mod web_dataset;
