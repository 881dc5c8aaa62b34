//! A client of the API, for one app.
//!
//! The machine's own certificate authorities are trusted. No proxy of the environment gets a request, and no
//! redirect is followed: both would lead to another machine.

use std::time::Duration;

use c2c_access::Token;
use c2c_names::AppId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_MATCH, ORIGIN};
use ureq::http::request::Builder;
use ureq::http::{Method, Request};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Error as HttpError};

use super::address::ConsoleOrigin;
use super::answer::{self, ServerError};
use super::shapes::{
    App, CustomCode, Draft, NewRevision, Plan, Plans, Publication, Revision, RevisionNumber,
    Rollback, Saved, Version,
};
use super::token::{self, TokenError};

/// The greatest time until a connection is open.
const CONNECT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Server {
    agent: Agent,
    origin: ConsoleOrigin,
    token: Option<Token>,
    app: AppId,
    timeout_s: u64,
}

impl Server {
    /// A client that waits at most so long for each answer.
    pub(crate) fn new(
        origin: ConsoleOrigin,
        app: AppId,
        timeout_s: u64,
    ) -> Result<Self, TokenError> {
        let token = token::of_environment(&origin)?;
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(Duration::from_secs(timeout_s)))
            .user_agent(concat!("c2c/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self { agent, origin, token, app, timeout_s })
    }

    pub(crate) fn origin(&self) -> &ConsoleOrigin {
        &self.origin
    }

    pub(crate) fn app_id(&self) -> &AppId {
        &self.app
    }

    pub(crate) fn app(&self) -> Result<App, ServerError> {
        self.read("")
    }

    pub(crate) fn draft(&self) -> Result<Draft, ServerError> {
        self.read("/draft")
    }

    pub(crate) fn revision(&self, number: RevisionNumber) -> Result<Revision, ServerError> {
        self.read(&format!("/revisions/{number}"))
    }

    /// The revision with this number, if there is a number.
    pub(crate) fn optional(
        &self,
        number: Option<RevisionNumber>,
    ) -> Result<Option<Revision>, ServerError> {
        number.map(|number| self.revision(number)).transpose()
    }

    pub(crate) fn plans(&self) -> Result<Vec<Plan>, ServerError> {
        self.read("/plans").map(|Plans { plans }| plans)
    }

    /// Saves the draft in place of the version that was edited.
    pub(crate) fn save(&self, code: &CustomCode, edited: Version) -> Result<Saved, ServerError> {
        let request = self.request(Method::PUT, "/draft").header(IF_MATCH, format!("\"{edited}\""));
        self.write(request, code)
    }

    pub(crate) fn publish(&self, wish: &Publication<'_>) -> Result<NewRevision, ServerError> {
        self.write(self.request(Method::POST, "/revisions"), wish)
    }

    pub(crate) fn roll_back(&self, wish: &Rollback<'_>) -> Result<NewRevision, ServerError> {
        self.write(self.request(Method::POST, "/rollback"), wish)
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        let uri = format!("{}/api/apps/{}{path}", self.origin, self.app);
        let request = Request::builder().method(method).uri(uri).header(ACCEPT, "application/json");
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {}", token.reveal())),
            None => request,
        }
    }

    fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, ServerError> {
        let request = self.request(Method::GET, path).body(());
        let response = request.map_err(HttpError::from).and_then(|request| self.agent.run(request));
        let response = response.map_err(|error| self.explain(&error))?;
        answer::read(response, &self.origin, self.timeout_s)
    }

    fn write<T: DeserializeOwned>(
        &self,
        request: Builder,
        body: &impl Serialize,
    ) -> Result<T, ServerError> {
        let body =
            serde_json::to_vec(body).unwrap_or_else(|error| unreachable!("it is JSON: {error}"));
        let request = request
            .header(ORIGIN, self.origin.as_str())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = request.map_err(HttpError::from).and_then(|request| self.agent.run(request));
        let response = response.map_err(|error| self.explain(&error).of_write())?;
        answer::read(response, &self.origin, self.timeout_s).map_err(ServerError::of_write)
    }

    fn explain(&self, error: &HttpError) -> ServerError {
        ServerError::of(error, &self.origin, self.timeout_s)
    }
}
