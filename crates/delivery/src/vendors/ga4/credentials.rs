//! The credentials of a web stream.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where Google takes the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// Anywhere.
    #[default]
    Global,
    /// In the European Union.
    Eu,
}

impl Region {
    pub(super) fn origin(self) -> &'static str {
        match self {
            Self::Global => "https://www.google-analytics.com",
            Self::Eu => "https://region1.google-analytics.com",
        }
    }
}

/// The id of a web stream, and a secret of its Measurement Protocol. Serializing is for sealing: it shows the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Credentials {
    measurement_id: String,
    api_secret: String,
    region: Region,
}

/// The credentials have not Google's form. It shows nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// The id of the stream.
    #[error(
        "measurement_id: must be \"G-\" and letters and digits; copy it from the web stream's details (it is not the stream's id)"
    )]
    MeasurementId,
    /// The secret.
    #[error(
        "api_secret: must be letters, digits, \"-\" and \"_\"; copy it from \"Measurement Protocol API secrets\""
    )]
    ApiSecret,
}

impl Credentials {
    /// Checks the form.
    ///
    /// # Errors
    ///
    /// Fails if Google gives out no such id or secret.
    pub fn new(
        measurement_id: &str,
        api_secret: &str,
        region: Region,
    ) -> Result<Self, CredentialsError> {
        let id = measurement_id.strip_prefix("G-").unwrap_or_default();
        let is_id = (4..=20).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !is_id {
            return Err(CredentialsError::MeasurementId);
        }
        // No character that a URL would have to escape.
        let is_secret = (8..=100).contains(&api_secret.len())
            && api_secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !is_secret {
            return Err(CredentialsError::ApiSecret);
        }
        Ok(Self {
            measurement_id: measurement_id.to_owned(),
            api_secret: api_secret.to_owned(),
            region,
        })
    }

    /// The id of the stream, which is no secret.
    pub fn measurement_id(&self) -> &str {
        &self.measurement_id
    }

    /// Where the events go.
    pub fn origin(&self) -> &'static str {
        self.region.origin()
    }

    /// A path with both.
    pub(super) fn target(&self, path: &str) -> String {
        format!("{path}?measurement_id={}&api_secret={}", self.measurement_id, self.api_secret)
    }
}

/// No secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("measurement_id", &self.measurement_id)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    measurement_id: String,
    api_secret: String,
    #[serde(default)]
    region: Region,
}

impl TryFrom<Raw> for Credentials {
    type Error = CredentialsError;

    fn try_from(raw: Raw) -> Result<Self, CredentialsError> {
        Self::new(&raw.measurement_id, &raw.api_secret, raw.region)
    }
}

impl From<Credentials> for Raw {
    fn from(credentials: Credentials) -> Self {
        let Credentials { measurement_id, api_secret, region } = credentials;
        Self { measurement_id, api_secret, region }
    }
}
