//! No import cycles: the files and sub-modules of one folder do not import each other in a circle.
//!
//! An edge leads from the file that names an item to the file that declares it, however the path is written and whatever
//! re-exports it. It counts in the folder where the two paths part. A parent that only declares and re-exports has no edge.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::without_tests;
use crate::support::sources::{root, sources};

/// The path of a module, without `crate`. That of a crate which is one module begins with the crate's name.
type Module = Vec<String>;

/// One name that a `use` brings in.
struct Import {
    path: Vec<String>,
    name: String,
    is_public: bool,
}

/// A source file: what it declares, and what it names.
struct File {
    imports: Vec<Import>,
    /// Paths in code, outside of `use`.
    paths: Vec<Vec<String>>,
    /// Words in code, outside of `use`, that may name what is imported.
    words: BTreeSet<String>,
    declared: BTreeSet<String>,
}

/// Words, `::` and single signs, without comments, texts and characters.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            text_length(rest)
        } else if let Some(character) = rest.strip_prefix('\'') {
            // A character; a lifetime has no second quote.
            if let Some(escaped) = character.strip_prefix('\\') {
                2 + escaped[1..].find('\'').unwrap() + 2
            } else {
                let sign = character.chars().next().unwrap().len_utf8();
                if character[sign..].starts_with('\'') { sign + 2 } else { 1 }
            }
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            if !first.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// How long a text in quotes is. A raw text with a quote in it would be cut short; none has one.
fn text_length(rest: &str) -> usize {
    let mut signs = rest.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' => drop(signs.next()),
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

impl File {
    fn read(code: &str) -> Self {
        let tokens = tokens(code);
        let (mut imports, mut paths, mut declared) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut words = BTreeSet::new();
        let mut at = 0;
        while at < tokens.len() {
            let token = tokens[at].as_str();
            let before = at.checked_sub(1).map_or("", |before| tokens[before].as_str());
            if token == "use" {
                let end = at + tokens[at..].iter().position(|token| token == ";").unwrap();
                let is_public = before == "pub" || before == ")";
                leaves(&tokens[at + 1..end], &[], is_public, &mut imports);
                at = end;
            } else if token == "mod" {
                at += 1;
            } else if ["struct", "enum", "trait", "fn", "type", "const", "static", "macro_rules"].contains(&token) {
                declared.extend(tokens[at + 1..].iter().find(|token| *token != "!" && *token != "mut").cloned());
            } else if token.starts_with(|first: char| first.is_alphabetic() || first == '_') {
                let is_visibility = at > 2 && tokens[at - 3..at] == ["pub", "(", "in"];
                if !["::", ".", "fn"].contains(&before) && !is_visibility {
                    words.insert(token.to_owned());
                    paths.push(path(&tokens[at..]));
                }
            }
            at += 1;
        }
        paths.retain(|path| path.len() > 1);
        Self { imports, paths, words, declared }
    }
}

/// The path with which tokens begin.
fn path(tokens: &[String]) -> Vec<String> {
    let mut path = vec![tokens[0].clone()];
    for pair in tokens[1..].chunks(2) {
        match pair {
            [sign, word] if sign == "::" && word.starts_with(char::is_alphabetic) => path.push(word.clone()),
            _ => break,
        }
    }
    path
}

/// What a tree of `use` brings in.
fn leaves(tree: &[String], above: &[String], is_public: bool, into: &mut Vec<Import>) {
    if let Some(brace) = tree.iter().position(|token| token == "{") {
        let above: Vec<_> = above.iter().chain(tree[..brace].iter().filter(|token| *token != "::")).cloned().collect();
        let (mut depth, mut begin) = (0, brace + 1);
        for (at, token) in tree.iter().enumerate().skip(brace) {
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if (depth == 1 && token == ",") || depth == 0 {
                leaves(&tree[begin..at], &above, is_public, into);
                begin = at + 1;
            }
        }
    } else if !tree.is_empty() {
        let (tree, alias) = match tree.iter().position(|token| token == "as") {
            Some(at) => (&tree[..at], tree.get(at + 1)),
            None => (tree, None),
        };
        let mut path: Vec<_> = above.iter().chain(tree.iter().filter(|token| *token != "::")).cloned().collect();
        path.pop_if(|last| last == "self" && above.len() + 1 > 1);
        let name = alias.or(path.last()).unwrap().clone();
        into.push(Import { path, name, is_public });
    }
}

/// All files by their module, and the crates that are one module.
struct Crates(BTreeMap<Module, File>, BTreeSet<String>);

impl Crates {
    fn read() -> Self {
        let (mut files, mut homes) = (BTreeMap::new(), BTreeSet::new());
        for source in sources() {
            let is_test = source.path.ends_with("tests.rs") || source.path.iter().any(|part| part == "tests");
            if !is_test && source.path != Path::new("main.rs") {
                files.insert(module_of(&source.path), File::read(without_tests(&source.text)));
            }
            if !source.is_beside_others() {
                homes.insert(source.home);
            }
        }
        Self(files, homes)
    }

    /// The module whose file declares what a path names, as seen from a module; none for what other crates declare.
    fn home(&self, from: &Module, path: &[String], depth: usize) -> Option<Module> {
        let (mut module, mut rest) = match path[0].as_str() {
            "crate" => (from.iter().take(1).filter(|first| self.1.contains(*first)).cloned().collect(), &path[1..]),
            "self" | "super" => (from.clone(), path),
            first if self.knows(from, first) => (from.clone(), path),
            _ => return None,
        };
        while let Some((segment, after)) = rest.split_first() {
            match segment.as_str() {
                "self" => {}
                "super" => drop(module.pop()),
                _ => {
                    let child: Module = module.iter().chain([segment]).cloned().collect();
                    if !self.0.contains_key(&child) {
                        return self.item(&module, segment, depth);
                    }
                    module = child;
                }
            }
            rest = after;
        }
        Some(module)
    }

    /// Whether a module declares, imports or has a child of this name.
    fn knows(&self, module: &Module, name: &str) -> bool {
        let child: Module = module.iter().cloned().chain([name.to_owned()]).collect();
        let file = &self.0[module];
        self.0.contains_key(&child)
            || file.declared.contains(name)
            || file.imports.iter().any(|import| import.name == name && import.path[0] != name)
    }

    /// The module that declares an item which another module has.
    fn item(&self, module: &Module, name: &str, depth: usize) -> Option<Module> {
        let file = &self.0[module];
        let import = file.imports.iter().find(|import| import.name == name);
        match import {
            Some(import) if !file.declared.contains(name) && depth < 9 => self.home(module, &import.path, depth + 1),
            _ => Some(module.clone()),
        }
    }

    /// The modules whose files the file of a module names.
    fn uses(&self, module: &Module) -> BTreeSet<Module> {
        let file = &self.0[module];
        let of_a_child = |home: &Module| home.len() > module.len() && home.starts_with(module);
        let imported = file.imports.iter().filter_map(|import| {
            let home = self.home(module, &import.path, 0)?;
            let is_re_export = import.is_public && of_a_child(&home) && !file.words.contains(&import.name);
            (!is_re_export).then_some(home)
        });
        let named = file.paths.iter().filter_map(|path| self.home(module, path, 0));
        imported.chain(named).filter(|home| home != module).collect()
    }
}

/// `a/mod.rs` and `a.rs` are `a`, and `a/b.rs` is `a::b`.
fn module_of(path: &Path) -> Module {
    let mut module: Module = path.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    module.pop_if(|last| last == "mod" || last == "lib");
    module
}

/// By folder, who names whom. A folder's own file is called `mod` there.
fn graphs(uses: impl IntoIterator<Item = (Module, Module)>) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut graphs: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (from, to) in uses {
        let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
        let node = |module: &Module| module.get(common).map_or_else(|| "mod".to_owned(), Clone::clone);
        graphs.entry(from[..common].join("/")).or_default().insert((node(&from), node(&to)));
    }
    graphs
}

/// The edges that lie on a cycle.
fn cycles(edges: &BTreeSet<(String, String)>) -> Vec<String> {
    let mut reached = edges.clone();
    loop {
        let further: Vec<_> = reached
            .iter()
            .flat_map(|(from, via)| edges.iter().filter(move |(one, _)| one == via).map(move |(_, to)| (from, to)))
            .map(|(from, to)| (from.clone(), to.clone()))
            .collect();
        let before = reached.len();
        reached.extend(further);
        if reached.len() == before {
            break;
        }
    }
    let is_on_a_cycle = |(from, to): &&(String, String)| reached.contains(&(to.clone(), from.clone()));
    edges.iter().filter(is_on_a_cycle).map(|(from, to)| format!("{from} uses {to}")).collect()
}

/// The cycles of each folder, as the edges that lie on them.
fn found(uses: impl IntoIterator<Item = (Module, Module)>) -> BTreeMap<String, Vec<String>> {
    let cyclic = graphs(uses).into_iter().map(|(folder, edges)| (folder, cycles(&edges)));
    cyclic.filter(|(_, edges)| !edges.is_empty()).collect()
}

#[test]
fn files_of_a_folder_do_not_import_each_other_in_circles() {
    let sources = Crates::read();
    let uses = sources.0.keys().flat_map(|module| sources.uses(module).into_iter().map(|home| (module.clone(), home)));
    let found = found(uses);
    assert!(found.is_empty(), "files that import each other in a circle, by folder: {found:#?}");
}

/// Which scripts a script imports, by paths within the folder of all.
fn imported(script: &Path, text: &str) -> Vec<PathBuf> {
    let folder = script.parent().unwrap();
    let paths = text.split(" from \"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(path, _)| path);
    let relative = paths.filter(|path| path.starts_with('.'));
    relative
        .map(|path| {
            let mut imported = folder.to_owned();
            for part in path.split('/').filter(|part| *part != ".") {
                match part {
                    ".." => assert!(imported.pop(), "{path}"),
                    part => imported.push(part),
                }
            }
            imported
        })
        .collect()
}

#[test]
fn scripts_of_the_console_do_not_import_each_other_in_circles() {
    let root = root().join("crates/http/src/page/assets");
    let mut uses = Vec::new();
    for folder in ["", "texts", "views"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let script = path.strip_prefix(&root).unwrap();
            if script.extension().is_some_and(|extension| extension == "js") {
                let imported = imported(script, &fs::read_to_string(&path).unwrap());
                uses.extend(imported.iter().map(|other| (module_of(script), module_of(other))));
            }
        }
    }
    assert!(uses.len() > 100, "the scripts were not found");
    let found = found(uses);
    assert!(found.is_empty(), "scripts that import each other in a circle, by folder: {found:#?}");
}

#[test]
fn imports_of_a_script_are_read_from_where_it_lies() {
    let text = "import { a,\n b } from \"../dom.js\";\nexport { c } from \"./made.js\";\nimport d from \"bare\";";
    assert_eq!(imported(Path::new("views/one.js"), text), [Path::new("dom.js"), Path::new("views/made.js")]);
}

#[test]
fn paths_lead_to_the_file_that_declares() {
    let file = |code: &str| File::read(code);
    let module = |path: &str| path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect::<Module>();
    let sources = Crates(
        BTreeMap::from([
            (module(""), file("mod a; mod b;")),
            (module("a"), file("mod x; mod y; pub use x::{One, deep::Two as Second}; struct Own; fn f() { y::g(); }")),
            (
                module("a::x"),
                file("use super::Own; fn h() -> &'static str { super::y::g(); \"crate::b::no\" } // crate::b::no"),
            ),
            (module("a::y"), file("use crate::a::{One, Second}; use std::fmt;")),
            (module("b"), file("use crate::a::One as Other; fn i(_: crate::a::Second) {}")),
            (module("whole"), file("")),
            (module("whole::a"), file("use crate::b::Three;")),
            (module("whole::b"), file("use zonemint_a::One; struct Three;")),
        ]),
        BTreeSet::from(["whole".to_owned()]),
    );
    let uses = |name: &str| sources.uses(&module(name)).into_iter().map(|home| home.join("::")).collect::<Vec<_>>();
    assert_eq!(uses("a"), ["a::y"], "declaring and re-exporting is no use");
    assert_eq!(uses("a::x"), ["a", "a::y"]);
    assert_eq!(uses("a::y"), ["a::x"]);
    assert_eq!(uses("b"), ["a::x"]);
    assert_eq!(uses("whole::a"), ["whole::b"], "`crate` is the crate of the file");
    assert_eq!(uses("whole::b"), [""; 0], "the compiler keeps crates apart");
    let all = sources.0.keys().flat_map(|from| sources.uses(from).into_iter().map(|to| (from.clone(), to)));
    let found = graphs(all.collect::<Vec<_>>());
    assert_eq!(cycles(&found["a"]), ["mod uses y", "x uses mod", "x uses y", "y uses x"]);
    assert_eq!(cycles(&found[""]), [""; 0]);
}
