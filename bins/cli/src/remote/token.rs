//! The API token, from the environment.
//!
//! `c2c.toml` names the server, and it comes from a repository that others can change. So the token is sent only
//! to the server that the environment names, too.

use std::env;

use c2c_access::Token;
use thiserror::Error;

use super::address::ConsoleOrigin;

/// Holds the token.
const TOKEN: &str = "C2C_TOKEN";
/// Names the server that the token is for.
const SERVER: &str = "C2C_SERVER";

#[derive(Debug, Error)]
pub(crate) enum TokenError {
    #[error("{TOKEN} {0}")]
    Malformed(#[source] c2c_access::TokenError),
    #[error(
        "{TOKEN} is set, but {SERVER} is not: set it to the address of the console that the token is \
         for. The token is sent to no other, whatever c2c.toml says"
    )]
    NoServer,
    #[error("the token in {TOKEN} is for {named}, as {SERVER} says, and is not sent to {origin}")]
    OtherServer { named: String, origin: ConsoleOrigin },
}

/// The token for a server, if there is any token.
pub(super) fn of_environment(origin: &ConsoleOrigin) -> Result<Option<Token>, TokenError> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    find(set(TOKEN), set(SERVER), origin)
}

fn find(
    token: Option<String>,
    server: Option<String>,
    origin: &ConsoleOrigin,
) -> Result<Option<Token>, TokenError> {
    let Some(token) = token else { return Ok(None) };
    let token = token.trim().parse().map_err(TokenError::Malformed)?;
    let named = server.ok_or(TokenError::NoServer)?;
    if named.parse::<ConsoleOrigin>().is_ok_and(|named| named == *origin) {
        return Ok(Some(token));
    }
    Err(TokenError::OtherServer { named, origin: origin.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_for_one_server_only() {
        let origin: ConsoleOrigin = "https://console.example".parse().expect("an address");
        let text = format!("c2c_{}", "0".repeat(64));
        let look = |token: Option<&str>, server: Option<&str>| {
            let own = |value: Option<&str>| value.map(str::to_owned);
            find(own(token), own(server), &origin).map(|token| token.is_some())
        };
        assert!(matches!(look(None, None), Ok(false)));
        assert!(matches!(look(None, Some("https://other.example")), Ok(false)));
        let token = Some(text.as_str());
        assert!(matches!(look(token, Some("https://console.example/")), Ok(true)));
        assert!(matches!(look(token, None), Err(TokenError::NoServer)));
        for other in ["https://other.example", "https://console.example:444", "console.example"] {
            assert!(
                matches!(look(token, Some(other)), Err(TokenError::OtherServer { .. })),
                "{other}"
            );
        }
        let wrong = look(Some("c2c_1"), Some("https://console.example"));
        assert!(matches!(wrong, Err(TokenError::Malformed(_))));
    }
}
