//! Which functions of Python a file of weights may name.

use super::bytes::Bad;

/// Modules that no file of weights has a use for.
const CODE: [&str; 16] = [
    "os",
    "posix",
    "nt",
    "subprocess",
    "sys",
    "shutil",
    "socket",
    "pty",
    "runpy",
    "importlib",
    "ctypes",
    "code",
    "commands",
    "webbrowser",
    "multiprocessing",
    "pickle",
];

/// What a file may have of Python's own functions: those that only make data.
const DATA: [&str; 15] = [
    "set",
    "frozenset",
    "dict",
    "list",
    "tuple",
    "int",
    "long",
    "float",
    "complex",
    "bool",
    "str",
    "bytes",
    "bytearray",
    "slice",
    "object",
];

/// Nothing is called in any case; this tells the person whose file would do more than make data.
pub(super) fn check_call(function: &str) -> Result<(), Bad> {
    let mut parts = function.splitn(2, '.');
    let (root, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let builtin = root == "builtins" || root == "__builtin__";
    if CODE.contains(&root) || builtin && !DATA.contains(&rest) {
        return Err(Bad::Code(function.to_owned()));
    }
    Ok(())
}
