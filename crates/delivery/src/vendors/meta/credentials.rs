//! The credentials of a dataset.

use std::fmt;

use http::HeaderValue;
use serde::{Deserialize, Serialize};

const ORIGIN: &str = "https://graph.facebook.com";

/// The id of a dataset (a pixel), a token for it, and the code of a test. Serializing is for sealing: it shows the token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Credentials {
    dataset_id: String,
    access_token: String,
    test_event_code: Option<String>,
    bearer: HeaderValue,
}

/// The credentials have not Meta's form. It shows nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// The id of the dataset.
    #[error("dataset_id: must be digits; copy it from the Events Manager")]
    DatasetId,
    /// The token.
    #[error(
        "access_token: must be 20 to 1,000 letters, digits and other visible characters without spaces; generate it in the Events Manager, under the settings of the Conversions API"
    )]
    AccessToken,
    /// The code of a test.
    #[error(
        "test_event_code: must be letters and digits, such as TEST12345; copy it from \"Test events\", or leave it out"
    )]
    TestEventCode,
}

impl Credentials {
    /// Checks the form.
    ///
    /// With the code of a test, events are shown under *Test events*; Meta counts and uses them nevertheless.
    ///
    /// # Errors
    ///
    /// Fails if Meta gives out no such id, token or code.
    pub fn new(
        dataset_id: &str,
        access_token: &str,
        test_event_code: Option<&str>,
    ) -> Result<Self, CredentialsError> {
        let all = |text: &str, allowed: fn(&u8) -> bool| text.as_bytes().iter().all(allowed);
        if !(5..=25).contains(&dataset_id.len()) || !all(dataset_id, u8::is_ascii_digit) {
            return Err(CredentialsError::DatasetId);
        }
        if !(20..=1_000).contains(&access_token.len()) || !all(access_token, u8::is_ascii_graphic) {
            return Err(CredentialsError::AccessToken);
        }
        let is_code =
            |code: &str| (1..=40).contains(&code.len()) && all(code, u8::is_ascii_alphanumeric);
        if test_event_code.is_some_and(|code| !is_code(code)) {
            return Err(CredentialsError::TestEventCode);
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {access_token}"))
            .map_err(|_| CredentialsError::AccessToken)?;
        bearer.set_sensitive(true);
        Ok(Self {
            dataset_id: dataset_id.to_owned(),
            access_token: access_token.to_owned(),
            test_event_code: test_event_code.map(str::to_owned),
            bearer,
        })
    }

    /// The id of the dataset, which is no secret.
    pub fn dataset_id(&self) -> &str {
        &self.dataset_id
    }

    /// The code of a test.
    pub fn test_event_code(&self) -> Option<&str> {
        self.test_event_code.as_deref()
    }

    /// Where the events go.
    pub fn origin(&self) -> &'static str {
        ORIGIN
    }

    /// The header with the token; no log shows it. (A token in the URL would be in logs.)
    pub(super) fn bearer(&self) -> HeaderValue {
        self.bearer.clone()
    }
}

/// No secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("dataset_id", &self.dataset_id)
            .field("test_event_code", &self.test_event_code)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    dataset_id: String,
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test_event_code: Option<String>,
}

impl TryFrom<Raw> for Credentials {
    type Error = CredentialsError;

    fn try_from(raw: Raw) -> Result<Self, CredentialsError> {
        Self::new(&raw.dataset_id, &raw.access_token, raw.test_event_code.as_deref())
    }
}

impl From<Credentials> for Raw {
    fn from(credentials: Credentials) -> Self {
        let Credentials { dataset_id, access_token, test_event_code, .. } = credentials;
        Self { dataset_id, access_token, test_event_code }
    }
}
