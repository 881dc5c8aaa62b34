//! Splices a customer's snippets into the sandbox document, byte for byte, after proving that they swallow
//! nothing.
//!
//! Pasted HTML is never re-serialised, sanitised or searched for patterns: the document is *prefix ‖
//! trusted script ‖ head snippet ‖ middle ‖ body-end snippet ‖ suffix*, and each part is copied unchanged.
//! The check before it makes that safe. Its criterion is exact: **a `<script>` put directly after a snippet
//! would still become an HTML script element in the document's own tree.** Then no construct that the
//! snippet leaves open (a tag, an attribute, a comment, a `<template>`, an `<svg>` …) reaches into the text
//! after it.
//!
//! The types follow the data: [`Template`] + [`Snippets`] → [`Template::check`] → [`Checked`] →
//! [`Checked::compile`] → [`Document`]. Only a [`Checked`] compiles, and only a check makes one. A
//! [`Rejected`] reports where each problem begins and returns the snippets.
//!
//! ```
//! use c2c_injector::{Limits, ScriptAttributes, Snippets, Template};
//! use c2c_names::EventName;
//!
//! let template = Template::reference("window.c2c = {};")?;
//! let limits = Limits::default();
//!
//! // What was pasted comes out as it went in.
//! let snippets = Snippets { head: "<script>c2c.on('chat.closed', e => log(`$& ${e.reason}`))</script>".into(), body_end: "<p>Hello</p>".into() };
//! let checked = template.check(snippets, &limits)?;
//! let attributes = ScriptAttributes::new().with("data-app", "app-1")?;
//! let document = checked.compile(&attributes);
//! let html: Vec<u8> = document.chunks().concat();
//! assert!(html.starts_with(b"<!DOCTYPE html>\n<html lang=\"en\" style=\"min-height:calc(2000px - 100000vh)\">\n<head><script data-app=\"app-1\">window.c2c = {};</script>"));
//!
//! // What would swallow the rest of the page is refused, with the place where it began.
//! let refused = template.check(Snippets::head("<!-- tags\n<script>ga()</script>"), &limits).unwrap_err();
//! let diagnostic = &refused.diagnostics()[0];
//! assert_eq!(diagnostic.code.as_str(), "unclosed-comment");
//! assert_eq!((diagnostic.line, diagnostic.column), (1, 1));
//!
//! // What will run, but not as hoped, is accepted, with warnings; many have a fix.
//! let template = template.with_events(["chat.opened".parse::<EventName>()?, "chat.closed".parse()?]);
//! let code = "<script>c2c.on('chat_closed', () => track())</script><script async src='https://tags.example/t.js'></script>";
//! let checked = template.check(Snippets::head(code), &limits)?;
//! let warning = &checked.diagnostics()[0];
//! assert_eq!(warning.message, "there is no widget event `chat_closed` (did you mean `chat.closed`?)");
//! assert_eq!(warning.fix.as_ref().map(|fix| fix.replacement.as_str()), Some("chat.closed"));
//!
//! // And these are the hosts that learn about every visitor.
//! assert_eq!(checked.hosts()[0].host, "tags.example");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every code is documented with examples in docs/diagnostics.md; [`Code::ALL`] is the same table for programs.
//! `examples/custom_template.rs` embeds the crate with its own template, script and event names.

mod attributes;
mod check;
mod damage;
mod diagnostic;
mod document;
mod events;
mod explain;
mod fixes;
mod found;
mod hosts;
mod limits;
mod parse;
mod pasted;
mod placeholder;
mod position;
mod script;
mod services;
mod skeleton;
mod snippets;
mod template;
mod vendors;
mod warn;

pub use attributes::{AttributeError, ScriptAttributes};
pub use check::{Checked, Rejected};
pub use diagnostic::{Area, Code, Diagnostic, Fix, Severity};
pub use document::Document;
pub use events::EventSignature;
pub use hosts::ExternalHost;
pub use limits::Limits;
pub use position::Position;
pub use snippets::Snippets;
pub use template::{Template, TemplateError};

/// The version of the compiler. It is raised with each change after which the same input gives another
/// document, or is rejected although it was accepted. Documents that are kept belong to one version.
pub const COMPILER: u32 = 1;
