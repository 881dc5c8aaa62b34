//! Splices what a customer pasted into the sandbox document, byte for byte, and proves first that it swallows nothing.
//!
//! Pasted HTML is never re-serialised, sanitised or searched for patterns: the document is
//! *prefix ‖ trusted script ‖ head snippet ‖ middle ‖ body-end snippet ‖ suffix*, and each part is copied as it is. What
//! makes that safe is the check before it. Its criterion is crisp: **a `<script>` put directly after a snippet would still
//! become an HTML script element in the document's own tree.** Then nothing that the snippet left open (a tag, an
//! attribute, a comment, a `<template>`, an `<svg>` …) reaches into what follows.
//!
//! The types follow the data: [`Template`] + [`Snippets`] → [`Template::check`] → [`Checked`] → [`Checked::compile`] →
//! [`Document`]. Only a [`Checked`] compiles, and only a check makes one; a [`Refused`] says where each problem began and
//! hands the snippets back.
//!
//! ```
//! use c2c_injector::{Limits, ScriptAttributes, Snippets, Template};
//!
//! let template = Template::reference("window.c2c = {};")?;
//! let limits = Limits::default();
//!
//! // What was pasted comes out as it went in.
//! let snippets = Snippets::new("<script>c2c.on('call_ended', e => log(`$& ${e.reason}`))</script>", "<p>Hello</p>");
//! let checked = template.check(snippets, &limits)?;
//! let attributes = ScriptAttributes::new().with("data-app", "app-1")?;
//! let document = checked.compile(&attributes);
//! let html: Vec<u8> = document.chunks().concat();
//! assert!(html.starts_with(b"<!DOCTYPE html>\n<html lang=\"en\" style=\"min-height:calc(2000px - 100000vh)\">\n<head><script data-app=\"app-1\">window.c2c = {};</script>"));
//!
//! // What would swallow the rest of the page is refused, with the place where it began.
//! let refused = template.check(Snippets::new("<!-- tags\n<script>ga()</script>", ""), &limits).unwrap_err();
//! let diagnostic = &refused.diagnostics()[0];
//! assert_eq!(diagnostic.code.as_str(), "unclosed-comment");
//! assert_eq!((diagnostic.line, diagnostic.column), (1, 1));
//!
//! // What will run, but not as hoped, is accepted, with warnings; many have a fix.
//! let template = template.with_event_names(["call_started", "call_ended"]);
//! let code = "<script>c2c.on('call_end', () => track())</script><script async src='https://tags.example/t.js'></script>";
//! let checked = template.check(Snippets::new(code, ""), &limits)?;
//! let warning = &checked.diagnostics()[0];
//! assert_eq!(warning.message, "there is no widget event `call_end` (did you mean `call_ended`?)");
//! assert_eq!(warning.fix.as_ref().map(|fix| fix.replacement.as_str()), Some("call_ended"));
//!
//! // And these are the hosts that learn about every visitor.
//! assert_eq!(checked.hosts()[0].host, "tags.example");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every code is documented with examples in docs/diagnostics.md; [`Code::ALL`] is the same table for programs.
//! `examples/custom_template.rs` embeds the crate with a template, a script and event names of one's own.

mod attributes;
mod check;
mod diagnostic;
mod document;
mod events;
mod explain;
mod hosts;
mod javascript;
mod limits;
mod parse;
mod position;
mod snippets;
mod template;
mod warn;

pub use attributes::{AttributeError, ScriptAttributes};
pub use check::{Checked, Refused};
pub use diagnostic::{Area, Code, Diagnostic, Fix, Severity};
pub use document::Document;
pub use hosts::{ExternalHost, LoadKind};
pub use limits::Limits;
pub use position::Position;
pub use snippets::Snippets;
pub use template::{Template, TemplateError};
