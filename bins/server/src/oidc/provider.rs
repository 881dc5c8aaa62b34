//! The issuer: its metadata and keys, kept for a while, and the two requests of a sign-in.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use c2c_access::Secret;
use c2c_names::Origin;
use c2c_store::Grant;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthorizationCode, ClaimsVerificationError, CsrfToken,
    DiscoveryError, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IdToken, IdTokenFields, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
    UserInfoClaims, UserInfoError,
};
use serde::{Deserialize, Serialize};

use super::Returned;
use super::error::OidcError;
use super::person::{self, MoreClaims, Names, access};
use crate::oidc_settings::Chosen;
use crate::outgoing::{Http, HttpError};
use crate::paths::OIDC_RETURN;

/// How long metadata and keys are kept.
const KEPT: Duration = Duration::from_mins(10);
/// How long a failure is: others who sign in at the same time do not ask, too. Also the least age of keys
/// when a token names one that is not among them.
const KEPT_SHORTLY: Duration = Duration::from_secs(3);

type Jwe = CoreJweContentEncryptionAlgorithm;

type Metadata = ProviderMetadata<
    MoreMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    Jwe,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Token = IdToken<MoreClaims, CoreGenderClaim, Jwe, CoreJwsSigningAlgorithm>;

type Tokens = StandardTokenResponse<
    IdTokenFields<MoreClaims, EmptyExtraTokenFields, CoreGenderClaim, Jwe, CoreJwsSigningAlgorithm>,
    CoreTokenType,
>;

type Client = openidconnect::Client<
    MoreClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    Jwe,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Metadata of [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207#section-3).
#[derive(Clone, Debug, Deserialize, Serialize)]
struct MoreMetadata {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for MoreMetadata {}

/// The issuer.
#[derive(Debug)]
pub(super) struct Provider {
    settings: Chosen,
    /// Where it sends browsers back to. Nothing in a request changes it.
    redirect: RedirectUrl,
    http: Http,
    /// Held while the issuer is asked, so that one asks for all.
    found: Mutex<Option<Found>>,
}

#[derive(Debug)]
struct Found {
    at: Instant,
    metadata: Result<Metadata, OidcError>,
}

impl Provider {
    pub(super) fn new(settings: Chosen, console: &Origin) -> Self {
        let redirect = RedirectUrl::new(format!("{console}{OIDC_RETURN}"));
        let redirect = redirect.expect("an origin and a path are an address");
        let http = Http::of_issuer(settings.issuer.url());
        Self { settings, redirect, http, found: Mutex::default() }
    }

    /// The address at the issuer where a person signs in.
    pub(super) fn begin(&self, secret: &Secret, until: Instant) -> Result<String, OidcError> {
        let metadata = self.metadata(KEPT, until)?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier(secret));
        let (state, nonce) = (CsrfToken::new(secret.hash()), Nonce::new(secret.hash()));
        let client = self.client(metadata);
        let scopes = self.settings.scopes.iter().cloned().map(Scope::new);
        let (url, _, _) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .url();
        Ok(url.into())
    }

    /// The access of a person who comes back to the browser that has the secret.
    pub(super) fn finish(
        &self,
        secret: &Secret,
        returned: Returned,
        until: Instant,
    ) -> Result<Grant, OidcError> {
        let metadata = self.metadata(KEPT, until)?;
        check_issuer(&metadata, returned.issuer.as_deref())?;
        let mut client = self.client(metadata);
        let tokens = self.exchange(&client, secret, returned.code, until)?;
        let token = tokens.id_token().ok_or_else(|| OidcError::invalid("there is no ID token"))?;
        let nonce = Nonce::new(secret.hash());
        if check_token(&client, token, &nonce).is_err_and(|error| has_unknown_key(&error)) {
            // The issuer has a new key.
            client = self.client(self.metadata(KEPT_SHORTLY, until)?);
        }
        check_token(&client, token, &nonce).map_err(|error| untrusted(&error))?;
        self.person(&client, token, &tokens, &nonce, until)
    }

    fn exchange(
        &self,
        client: &Client,
        secret: &Secret,
        code: String,
        until: Instant,
    ) -> Result<Tokens, OidcError> {
        let request = client.exchange_code(AuthorizationCode::new(code));
        let request = request.map_err(OidcError::invalid)?.set_pkce_verifier(verifier(secret));
        request.request(&self.caller(until)).map_err(|error| match error {
            RequestTokenError::ServerResponse(error) => refused(error.error()),
            RequestTokenError::Request(error) => OidcError::from(error),
            // Not its source, which may have a part of a token.
            RequestTokenError::Parse(..) => {
                OidcError::invalid("the answer of the token endpoint cannot be read")
            }
            RequestTokenError::Other(_) => {
                OidcError::invalid("the answer of the token endpoint is not what it has to be")
            }
        })
    }

    /// The access of the person of a checked token.
    fn person(
        &self,
        client: &Client,
        token: &Token,
        tokens: &Tokens,
        nonce: &Nonce,
        until: Instant,
    ) -> Result<Grant, OidcError> {
        let claims =
            token.claims(&verifier_of(client), nonce).map_err(|error| untrusted(&error))?;
        let claim = &self.settings.groups_claim;
        let mut groups = claims.additional_claims().groups(claim)?;
        let (email, verified) = (claims.email(), claims.email_verified());
        let subject = claims.subject();
        let mut names = Names::new(email, verified, claims.preferred_username(), subject);
        // Some issuers have these only here.
        if (groups.is_none() || names.are_few())
            && let Ok(request) =
                client.user_info(tokens.access_token().clone(), Some(subject.clone()))
        {
            let more: UserInfoClaims<MoreClaims, CoreGenderClaim> =
                request.request(&self.caller(until)).map_err(unknown)?;
            if groups.is_none() {
                groups = more.additional_claims().groups(claim)?;
            }
            if names.are_few() {
                let (email, verified) = (more.email(), more.email_verified());
                names = Names::new(email, verified, more.preferred_username(), subject);
            }
        }
        let grant = access(&names, &groups.unwrap_or_default(), &self.settings.roles)?;
        let subject = Some(person::subject(&self.settings.issuer, subject)?);
        Ok(Grant { subject, ..grant })
    }

    /// The metadata and keys, at most this old.
    fn metadata(&self, age_max: Duration, until: Instant) -> Result<Metadata, OidcError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Found { at, metadata }) = &*found {
            let age_max = if metadata.is_ok() { age_max } else { KEPT_SHORTLY };
            if at.elapsed() < age_max {
                return metadata.clone();
            }
        }
        let metadata = self.discover(until);
        *found = Some(Found { at: Instant::now(), metadata: metadata.clone() });
        metadata
    }

    fn discover(&self, until: Instant) -> Result<Metadata, OidcError> {
        let issuer = self.settings.issuer.clone();
        let metadata =
            Metadata::discover(&issuer, &self.caller(until)).map_err(|error| match error {
                DiscoveryError::Request(error) => OidcError::from(error),
                DiscoveryError::Response(status, ..) if status.is_server_error() => {
                    OidcError::unreachable(format!("its metadata: {status}"))
                }
                error => OidcError::invalid(format!("its metadata or keys: {error}")),
            })?;
        let page = metadata.authorization_endpoint().url();
        if !self.http.allows(page) {
            return Err(HttpError::NotSafe(page.host_str().unwrap_or_default().to_owned()).into());
        }
        Ok(metadata)
    }

    fn client(&self, metadata: Metadata) -> Client {
        let methods = metadata.token_endpoint_auth_methods_supported();
        // Without a list it is the first (OpenID Connect Discovery §3).
        let is_basic = methods
            .is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let way = if is_basic { AuthType::BasicAuth } else { AuthType::RequestBody };
        let Chosen { client_id, client_secret, .. } = self.settings.clone();
        Client::from_provider_metadata(metadata, client_id, Some(client_secret))
            .set_auth_type(way)
            .set_redirect_uri(self.redirect.clone())
    }

    fn caller(
        &self,
        until: Instant,
    ) -> impl Fn(HttpRequest) -> Result<HttpResponse, HttpError> + '_ {
        move |request| self.http.call(request, until)
    }
}

impl From<HttpError> for OidcError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotSafe(_) | HttpError::Ureq(ureq::Error::BodyExceedsLimit(_)) => {
                Self::invalid(error)
            }
            HttpError::Slow | HttpError::Ureq(_) => Self::unreachable(error),
        }
    }
}

/// The issuer's reason for giving no token. Some are the fault of the settings, and not of the attempt.
fn refused(reason: &CoreErrorResponseType) -> OidcError {
    use CoreErrorResponseType as Reason;
    match reason {
        Reason::InvalidClient
        | Reason::InvalidRequest
        | Reason::InvalidScope
        | Reason::UnauthorizedClient
        | Reason::UnsupportedGrantType => {
            OidcError::invalid(format!("the token endpoint: {}", reason.as_ref()))
        }
        reason => OidcError::refused(format!("the token endpoint: {}", reason.as_ref())),
    }
}

/// The secret of the cookie. Its digits are as PKCE wants them
/// ([RFC 7636 §4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1)).
fn verifier(secret: &Secret) -> PkceCodeVerifier {
    PkceCodeVerifier::new(secret.reveal().to_owned())
}

/// Checks who says to have sent the browser back.
fn check_issuer(metadata: &Metadata, named: Option<&str>) -> Result<(), OidcError> {
    let must_be_named =
        metadata.additional_metadata().authorization_response_iss_parameter_supported;
    match named {
        None if !must_be_named => Ok(()),
        Some(named) if named == metadata.issuer().as_str() => Ok(()),
        _ => Err(OidcError::invalid("the browser came back from another issuer")),
    }
}

/// Checks of a token: signed by a key of the issuer, for this server and this attempt, and not expired.
fn verifier_of(client: &Client) -> openidconnect::IdTokenVerifier<'_, CoreJsonWebKey> {
    use CoreJwsSigningAlgorithm as Algorithm;
    // Neither none nor a signature by the shared secret, whatever the metadata say.
    client.id_token_verifier().set_allowed_algs([
        Algorithm::RsaSsaPkcs1V15Sha256,
        Algorithm::RsaSsaPkcs1V15Sha384,
        Algorithm::RsaSsaPkcs1V15Sha512,
        Algorithm::RsaSsaPssSha256,
        Algorithm::RsaSsaPssSha384,
        Algorithm::RsaSsaPssSha512,
        Algorithm::EcdsaP256Sha256,
        Algorithm::EcdsaP384Sha384,
        Algorithm::EdDsa,
    ])
}

fn check_token(
    client: &Client,
    token: &Token,
    nonce: &Nonce,
) -> Result<(), ClaimsVerificationError> {
    token.claims(&verifier_of(client), nonce).map(|_| ())
}

fn has_unknown_key(error: &ClaimsVerificationError) -> bool {
    matches!(
        error,
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)
    )
}

fn untrusted(error: &ClaimsVerificationError) -> OidcError {
    // Some reasons have a part of the token.
    let reason: &dyn Display = match error {
        ClaimsVerificationError::InvalidNonce(_) => &"its nonce is another",
        ClaimsVerificationError::SignatureVerification(reason) => reason,
        reason => reason,
    };
    OidcError::invalid(format!("the ID token: {reason}"))
}

fn unknown(error: UserInfoError<HttpError>) -> OidcError {
    match error {
        UserInfoError::Request(error) => OidcError::from(error),
        UserInfoError::ClaimsVerification(error) => {
            OidcError::invalid(format!("the userinfo: {error}"))
        }
        UserInfoError::Response(status, ..) => {
            OidcError::invalid(format!("the userinfo: {status}"))
        }
        UserInfoError::Parse(_) | UserInfoError::Other(_) | _ => {
            OidcError::invalid("the userinfo cannot be read")
        }
    }
}
