//! One module: its imports, its exports, and the rest of its text.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ExportSpecifier, ImportDeclaration, ImportDeclarationSpecifier, Program, Statement,
    StringLiteral, WithClause,
};
use oxc_diagnostics::Diagnostics;
use oxc_parser::{Parser, ParserReturn};
use oxc_semantic::{Scoping, Semantic, SemanticBuilder, SymbolId};
use oxc_span::{GetSpan as _, SourceType, Span};

use crate::error::{BundleError, Fault, Place};

/// A name, and its byte offset in the module's text.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) offset: u32,
}

impl Name {
    fn new(text: &str, span: Span) -> Self {
        Self { text: text.to_owned(), offset: span.start }
    }
}

/// The imports of one statement.
#[derive(Debug)]
pub(crate) struct Import {
    /// The specifier as written: `./name.js`.
    pub(crate) specifier: Name,
    pub(crate) names: Vec<Name>,
}

/// A module, taken apart.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) path: String,
    text: String,
    /// In evaluation order.
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Name>,
    /// The top-level declarations.
    pub(crate) declared: Vec<Name>,
    /// Names that are used but neither declared nor imported: the browser's.
    pub(crate) free: Vec<Name>,
    /// The parts of its import and export statements that a bundle omits.
    cuts: Vec<Span>,
}

type Result<T, E = BundleError> = std::result::Result<T, E>;

impl Module {
    /// Takes the module at `path` apart.
    pub(crate) fn parse(path: &str, text: String) -> Result<Self> {
        let parsed = parse(&text);
        let (statements, declared, free) =
            parsed.map_err(|(offset, fault)| fault_at(path, &text, offset, fault))?;
        let Statements { imports, exports, cuts } = statements;
        Ok(Self { path: path.to_owned(), text, imports, exports, declared, free, cuts })
    }

    /// The text without the statements that connect modules.
    pub(crate) fn body(&self) -> String {
        let mut body = String::new();
        let mut end = 0;
        for cut in &self.cuts {
            body += &self.text[end..cut.start as usize];
            end = cut.end as usize;
        }
        body + &self.text[end..]
    }

    /// The place of a name in this module.
    pub(crate) fn place(&self, name: &Name) -> Place {
        Place::new(&self.path, &self.text, name.offset)
    }

    /// An error at a name in this module.
    pub(crate) fn fault(&self, name: &Name, fault: Fault) -> BundleError {
        fault_at(&self.path, &self.text, name.offset, fault)
    }
}

fn fault_at(path: &str, text: &str, offset: u32, fault: Fault) -> BundleError {
    BundleError { place: Place::new(path, text, offset), fault }
}

/// A fault and its byte offset.
type Located = (u32, Fault);

fn parse(text: &str) -> Result<(Statements, Vec<Name>, Vec<Name>), Located> {
    let allocator = Allocator::default();
    let ParserReturn { program, module_record, diagnostics, .. } =
        Parser::new(&allocator, text, SourceType::mjs()).parse();
    refuse(diagnostics)?;
    if let Some(import) = module_record.dynamic_imports.first() {
        return Err(not_bundled(import.span, "a dynamic import"));
    }
    if let Some(&meta) = module_record.import_metas.first() {
        return Err(not_bundled(meta, "import.meta"));
    }
    let built =
        SemanticBuilder::new().with_build_nodes(true).with_check_syntax_error(true).build(&program);
    refuse(built.diagnostics)?;
    refuse_assignments(built.semantic.scoping())?;
    let declared = declared(built.semantic.scoping());
    let statements = Statements::read(&program, &declared)?;
    Ok((statements, declared, free(&built.semantic)))
}

/// Rejects a module with the parser's first error.
fn refuse(diagnostics: Diagnostics) -> Result<(), Located> {
    let Some(first) = diagnostics.into_iter().next() else { return Ok(()) };
    let offset = first.labels.first().map_or(0, |label| label.span().start);
    Err((offset, Fault::Syntax(first.to_string())))
}

fn not_bundled(span: Span, what: &'static str) -> Located {
    (span.start, Fault::NotBundled(what))
}

/// Rejects assignments to imports, since the bundle would not prevent them.
fn refuse_assignments(scoping: &Scoping) -> Result<(), Located> {
    let mut imports = top_level(scoping).filter(|&symbol| scoping.symbol_flags(symbol).is_import());
    imports.find(|&symbol| scoping.symbol_is_mutated(symbol)).map_or(Ok(()), |symbol| {
        let name = scoping.symbol_name(symbol).to_owned();
        Err((scoping.symbol_span(symbol).start, Fault::Assigned(name)))
    })
}

/// A module's top-level declarations, without imports.
fn declared(scoping: &Scoping) -> Vec<Name> {
    let own = top_level(scoping).filter(|&symbol| !scoping.symbol_flags(symbol).is_import());
    in_order(own.map(|symbol| Name::new(scoping.symbol_name(symbol), scoping.symbol_span(symbol))))
}

fn top_level(scoping: &Scoping) -> impl Iterator<Item = SymbolId> {
    scoping.get_bindings(scoping.root_scope_id()).values().copied()
}

/// Names that a module uses but does not declare, each at its first use.
fn free(semantic: &Semantic<'_>) -> Vec<Name> {
    let scoping = semantic.scoping();
    let references = scoping.root_unresolved_references().iter();
    let names = references.filter_map(|(name, uses)| {
        let first = scoping.get_reference(*uses.first()?);
        Some(Name::new(name.as_str(), semantic.reference_span(first)))
    });
    in_order(names)
}

fn in_order(names: impl Iterator<Item = Name>) -> Vec<Name> {
    let mut names: Vec<_> = names.collect();
    names.sort_by_key(|name| name.offset);
    names
}

/// The import and export statements of a module.
#[derive(Default)]
struct Statements {
    imports: Vec<Import>,
    exports: Vec<Name>,
    cuts: Vec<Span>,
}

impl Statements {
    fn read(program: &Program<'_>, declared: &[Name]) -> Result<Self, Located> {
        let mut read = Self::default();
        for statement in &program.body {
            match statement {
                Statement::ImportDeclaration(import) => {
                    refuse_attributes(import.with_clause.as_deref())?;
                    read.take(&import.source, imported(import)?);
                    read.cuts.push(import.span);
                }
                Statement::ExportFromDeclaration(export) => {
                    refuse_attributes(export.with_clause.as_deref())?;
                    let names = exported(&export.specifiers)?;
                    read.exports.extend_from_slice(&names);
                    read.take(&export.source, names);
                    read.cuts.push(export.span);
                }
                Statement::ExportNamedDeclaration(export) => {
                    read.exports.extend(exported(&export.specifiers)?);
                    read.cuts.push(export.span);
                }
                Statement::ExportDeclaration(export) => {
                    let span = export.declaration.span();
                    let within = |name: &&Name| (span.start..span.end).contains(&name.offset);
                    read.exports.extend(declared.iter().filter(within).cloned());
                    read.cuts.push(Span::new(export.span.start, span.start));
                }
                Statement::ExportDefaultDeclaration(export) => {
                    return Err(not_bundled(export.span, "a default export"));
                }
                Statement::ExportAllDeclaration(export) => {
                    return Err(not_bundled(export.span, "`export *`"));
                }
                _ => {}
            }
        }
        Ok(read)
    }

    fn take(&mut self, source: &StringLiteral<'_>, names: Vec<Name>) {
        self.imports.push(Import { specifier: Name::new(&source.value, source.span), names });
    }
}

fn refuse_attributes(with: Option<&WithClause<'_>>) -> Result<(), Located> {
    with.map_or(Ok(()), |with| Err(not_bundled(with.span, "an import attribute")))
}

/// The names in `import { a, b } from …`. They must be the same in both modules, because the bundle
/// cannot rename them.
fn imported(import: &ImportDeclaration<'_>) -> Result<Vec<Name>, Located> {
    let Some(specifiers) = &import.specifiers else {
        return Err(not_bundled(import.span, "an import for its effects"));
    };
    let names = specifiers.iter().map(|specifier| match specifier {
        ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
            if specifier.imported.name() == specifier.local.name.as_str() {
                Ok(Name::new(&specifier.local.name, specifier.span))
            } else {
                Err(not_bundled(specifier.span, "an import under another name"))
            }
        }
        ImportDeclarationSpecifier::ImportDefaultSpecifier(specifier) => {
            Err(not_bundled(specifier.span, "a default import"))
        }
        ImportDeclarationSpecifier::ImportNamespaceSpecifier(specifier) => {
            Err(not_bundled(specifier.span, "a namespace import"))
        }
    });
    names.collect()
}

/// The names in `export { a, b }`.
fn exported(specifiers: &[ExportSpecifier<'_>]) -> Result<Vec<Name>, Located> {
    let names = specifiers.iter().map(|specifier| {
        if specifier.local.name() == specifier.exported.name() {
            Ok(Name::new(&specifier.local.name(), specifier.span))
        } else {
            Err(not_bundled(specifier.span, "an export under another name"))
        }
    });
    names.collect()
}
