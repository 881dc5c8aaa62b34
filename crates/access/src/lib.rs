//! Access: who may do what with which apps.
//!
//! Accounts belong to the product that embeds c2c. This crate has what is needed to trust it: a **principal** is
//! a [`Role`] and a [`Scope`], the apps for which it holds. Each use case needs one [`Permission`], and
//! [`authorize`] is the only place that decides.
//!
//! ```
//! use c2c_access::{Denied, Permission, Principal, Role, Scope, authorize};
//!
//! let (shop, blog) = ("shop".parse()?, "blog".parse()?);
//! let anna = Principal { role: Role::Editor, scope: Scope::apps([shop])? };
//!
//! let shop = "shop".parse()?;
//! assert_eq!(authorize(&anna, Permission::Edit, Some(&shop)), Ok(()));
//! assert!(matches!(authorize(&anna, Permission::Publish, Some(&shop)), Err(Denied::Role { .. })));
//! // She does not learn whether there is such an app.
//! assert_eq!(authorize(&anna, Permission::Read, Some(&blog)), Err(Denied::Hidden));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A principal shows a [`Secret`]: as an API [`Token`], in a sign-in link (once), or in the cookie of a session.
//! Secrets are random and stored as hashes. The crate `c2c-store` keeps them, with their lifetimes; this crate
//! does no IO.

mod authorize;
mod credential;
mod permission;
mod role;
mod scope;
mod secret;
mod token;

pub use authorize::{Denied, Principal, authorize};
pub use credential::{Credential, CredentialError, CredentialId};
pub use permission::{Permission, Reach};
pub use role::{Role, RoleError};
pub use scope::{APPS_MAX, Scope, ScopeError};
pub use secret::{Secret, SecretError};
pub use token::{TOKEN_PREFIX, Token, TokenError};
