//! The bundler's errors and their places.

use std::fmt;

use thiserror::Error;

/// A place in a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The module's path, below the folder of the entries.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
}

impl Place {
    /// The place of a byte of `text`, which is the module at `path`.
    pub(crate) fn new(path: &str, text: &str, offset: u32) -> Self {
        let before = &text[..text.floor_char_boundary(offset as usize)];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// A reason why there is no bundle.
#[derive(Debug, Error)]
#[error("{place}: {fault}")]
pub(crate) struct BundleError {
    pub(crate) place: Place,
    pub(crate) fault: Fault,
}

/// A problem with a module, or with two of them together.
#[derive(Debug, Error)]
pub(crate) enum Fault {
    /// The parser's error, in its words.
    #[error("{0}")]
    Syntax(String),
    #[error("{0} is not bundled: write `import {{ name }} from './module.js'` and export by name")]
    NotBundled(&'static str),
    #[error(
        "{0:?} is no module here: a path begins with ./ or ../, and stays below the entries' folder"
    )]
    NotLocal(String),
    #[error("{path} cannot be read: {error}")]
    Unreadable { path: String, error: std::io::Error },
    #[error("{path} does not export `{name}`")]
    NotExported { name: String, path: String },
    #[error("`{0}` is imported: only its own module can assign to it")]
    Assigned(String),
    #[error("a cycle of imports: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    #[error("`{name}` is declared at {other} as well, and a bundle is one scope")]
    DeclaredTwice { name: String, other: Place },
    #[error(
        "`{name}` is not declared here, and in the bundle would be that of {other}: import or rename it"
    )]
    Captured { name: String, other: Place },
    #[error("a classic script cannot export `{0}`")]
    ScriptExports(String),
}
