//! The source files of the program and of its crates, for tests that walk them.

use std::fs;
use std::path::{Path, PathBuf};

/// The crates with several modules at their top, by their folders. The program's own modules lie in `src`, and stand there as "".
const WITH_MODULES: [&str; 3] = ["", "base", "service"];

/// A file, as tests name it.
pub struct Source {
    /// Where it lies in the folder of sources; that of a crate which is one module begins with the crate's name, as in
    /// `store/sqlite/mod.rs` for `crates/store/src/sqlite/mod.rs`.
    pub path: PathBuf,
    /// The crate's folder; empty for the program.
    pub home: String,
    /// The first part of the path.
    pub module: String,
    pub text: String,
}

impl Source {
    /// Whether its crate has several modules at its top.
    pub fn is_beside_others(&self) -> bool {
        WITH_MODULES.contains(&self.home.as_str())
    }
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder that have this extension.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|found| found == extension));
    files.chain(folders.iter().flat_map(|folder| self::files(folder, extension))).collect()
}

/// All source files.
pub fn sources() -> Vec<Source> {
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().file_name());
    let homes = crates.map(|name| name.into_string().unwrap()).chain([String::new()]);
    let sources: Vec<_> = homes.flat_map(|home| of_crate(&home)).collect();
    assert!(sources.len() > 500, "the sources were not found");
    sources
}

fn of_crate(home: &str) -> Vec<Source> {
    let folder = if home.is_empty() { root().join("src") } else { root().join("crates").join(home).join("src") };
    let read = |path: PathBuf| {
        let inside = path.strip_prefix(&folder).unwrap();
        let is_root = inside == Path::new("lib.rs");
        let inside = match home {
            "" => inside.to_owned(),
            _ if is_root => Path::new(home).join("mod.rs"),
            _ if WITH_MODULES.contains(&home) => inside.to_owned(),
            _ => Path::new(home).join(inside),
        };
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        Source { text: fs::read_to_string(&path).unwrap(), path: inside, home: home.to_owned(), module }
    };
    files(&folder, "rs").into_iter().map(read).collect()
}
