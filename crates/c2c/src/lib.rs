//! Runs code that customers paste, in every visitor's browser, in a frame that cannot reach the page.
//!
//! Providers of embeddable widgets deploy this crate: the [`Sandbox`] of an app compiles a customer's
//! snippets, and the compiled [`Page`] answers requests. The crate does no IO and depends on no server;
//! its types are those of the [`http`] crate, as in hyper, axum and actix-web.
//!
//! ```
//! use c2c::{Catalogue, Sandbox, Scripts, Snippets};
//! use http::Request;
//!
//! let sandbox = Sandbox::builder("demo".parse()?)
//!     .catalogue(Catalogue::reference())
//!     .widget("https://widget.example".parse()?)
//!     .ancestor("https://*.shop.example".parse()?)
//!     .build()?;
//! let compiled = sandbox.compile(Snippets::head("<script>c2c.on('*', send)</script>"))?;
//! for warning in compiled.warnings() {
//!     println!("{}:{}: {}", warning.line, warning.column, warning.message);
//! }
//!
//! // For each request to the document's address, on a host name that serves nothing else:
//! let request = Request::get("/s/demo").header("sec-fetch-dest", "iframe").body(())?;
//! let response = compiled.page().respond(&request);
//! assert_eq!(response.status(), 200);
//! assert!(response.headers()["content-security-policy"].to_str()?.starts_with("sandbox allow-scripts"));
//!
//! // What the widget page imports, at addresses that may be cached for ever.
//! let scripts = Scripts::new();
//! let host = Request::get(scripts.path("host.js").expect("it is one of them")).body(())?;
//! assert_eq!(scripts.respond(&host).expect("a script").status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The widget page mounts the frame with the host script: see `docs/embedding.md`.
//!
//! # Requirements
//!
//! - The document's host name serves nothing else, and is on a different *site* from the widget and its
//!   ancestors, because browsers assign processes by site.
//! - No proxy between the server and the browser changes the headers. A proxy that adds its own
//!   `Content-Security-Policy` adds restrictions; one that replaces it removes the sandbox wherever the
//!   frame is not ours.

mod cdn;
mod compiled;
mod encoding;
mod page;
mod resource;
mod sandbox;
mod scripts;
mod stored;

pub use c2c_catalogue::Catalogue;
pub use c2c_injector::{
    Area, Diagnostic, ExternalHost, Limits as SnippetLimits, Position, Rejected, Snippets,
};
pub use c2c_names::{AppId, BridgeLimits, EventName, Origin};
pub use c2c_policy::{AllowList, AncestorSource, FrameAttribute};
pub use cdn::Cdn;
pub use compiled::Compiled;
pub use encoding::Compression;
pub use page::Page;
pub use resource::{Caching, Resource};
pub use sandbox::{BuildError, Sandbox, SandboxBuilder};
pub use scripts::Scripts;
pub use stored::{Damaged, Fingerprint};

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}
