//! The tests of `tfrecord-codec`: one program, its modules named as those of the crate.

// Support.
mod describe;
mod properties;
mod support;

// By module.
mod append;
mod compression;
mod count;
mod events;
mod example;
mod index;
mod indexed_file;
mod reader;
mod scan;
mod sequence;
mod slice;
mod writer;

// Across modules.
mod allocation;
mod golden;
mod hostile;
mod interop;
mod oracle;
mod regressions;
