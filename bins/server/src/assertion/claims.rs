//! The claims of an assertion. Each that is wrong is named, with the value that is expected and the one that is there.

use std::time::Duration;

use c2c_access::{Principal, Role, Scope};
use c2c_store::{ActorName, Assertion, Grant, Identifier, Subject, Timestamp};
use serde_json::{Map, Value};

use super::error::{AssertionError, seen, shortened};
use crate::assertion_settings::Chosen;

/// The longest time from `iat` to `exp`.
const LIFETIME_SECONDS_MAX: i64 = 60;
/// How far the issuer's clock may be from this server's.
const LEEWAY_SECONDS: i64 = 5;

type Claims = Map<String, Value>;

/// Checks the claims at a time, and gives what they say.
pub(super) fn check(
    claims: &Claims,
    settings: &Chosen,
    now: Timestamp,
) -> Result<Assertion, AssertionError> {
    let iss = text(claims, "iss")?;
    if iss != settings.issuer.as_str() {
        return Err(another("iss", &seen(settings.issuer.as_str()), &seen(iss)));
    }
    check_audience(claims, &settings.audience)?;
    let expires = check_times(claims, now.as_millis() / 1000)?;
    let issuer = settings.issuer.clone();
    let person = Subject { issuer: Some(issuer.clone()), id: identifier(claims, "sub")? };
    let grant = Grant {
        name: name(claims)?,
        subject: Some(person),
        principal: Principal { role: role(claims, settings.role_max)?, scope: scope(claims)? },
    };
    let used_until = Duration::from_secs(LEEWAY_SECONDS.unsigned_abs());
    Ok(Assertion {
        issuer,
        id: identifier(claims, "jti")?,
        expires_at: Timestamp::from_millis(expires * 1000).after(used_until),
        grant,
    })
}

/// One audience only: another one could show the assertion here.
fn check_audience(claims: &Claims, expected: &str) -> Result<(), AssertionError> {
    let aud = value(claims, "aud")?;
    let named = match aud {
        Value::Array(list) if list.len() == 1 => &list[0],
        one => one,
    };
    if named.as_str() == Some(expected) {
        Ok(())
    } else {
        Err(another("aud", &seen(expected), &shown(aud)))
    }
}

/// Checks the times, in seconds. Gives `exp`.
fn check_times(claims: &Claims, now: i64) -> Result<i64, AssertionError> {
    let (iat, exp) = (seconds(claims, "iat")?, seconds(claims, "exp")?);
    let lifetime = i128::from(exp) - i128::from(iat);
    if lifetime > LIFETIME_SECONDS_MAX.into() {
        return Err(wrong(
            "exp",
            format_args!(
                "it is {lifetime} s after iat; at most {LIFETIME_SECONDS_MAX} s are allowed"
            ),
        ));
    }
    if exp.saturating_add(LEEWAY_SECONDS) <= now {
        return Err(wrong("exp", format_args!("{exp} is over; the time here is {now}")));
    }
    if iat.saturating_sub(LEEWAY_SECONDS) > now {
        return Err(wrong("iat", format_args!("{iat} is in the future; the time here is {now}")));
    }
    if claims.contains_key("nbf") {
        let nbf = seconds(claims, "nbf")?;
        if nbf.saturating_sub(LEEWAY_SECONDS) > now {
            return Err(wrong(
                "nbf",
                format_args!("{nbf} is in the future; the time here is {now}"),
            ));
        }
    }
    Ok(exp)
}

fn name(claims: &Claims) -> Result<ActorName, AssertionError> {
    text(claims, "name")?.parse().map_err(|error| wrong("name", format_args!("it {error}")))
}

fn role(claims: &Claims, max: Role) -> Result<Role, AssertionError> {
    let role = text(claims, "role")?;
    let role: Role =
        role.parse().map_err(|error| wrong("role", format_args!("{} {error}", seen(role))))?;
    if role > max {
        return Err(AssertionError::role(format!(
            "the claim role: it is {role}, and the operator allows at most {max} (--assertion-role)"
        )));
    }
    Ok(role)
}

/// As JSON elsewhere, but all apps are `"*"`: a claim that a program forgets to fill is not all apps.
fn scope(claims: &Claims) -> Result<Scope, AssertionError> {
    let apps = value(claims, "apps")?;
    match apps {
        Value::String(all) if all == "*" => Ok(Scope::ALL),
        Value::Array(_) => serde_json::from_value(apps.clone())
            .map_err(|error| wrong("apps", format_args!("{error}"))),
        _ => Err(another("apps", "a list of app ids, or \"*\"", &shown(apps))),
    }
}

fn identifier(claims: &Claims, claim: &str) -> Result<Identifier, AssertionError> {
    text(claims, claim)?.parse().map_err(|error| wrong(claim, format_args!("it {error}")))
}

fn value<'a>(claims: &'a Claims, claim: &str) -> Result<&'a Value, AssertionError> {
    claims.get(claim).ok_or_else(|| wrong(claim, format_args!("it is missing")))
}

fn text<'a>(claims: &'a Claims, claim: &str) -> Result<&'a str, AssertionError> {
    value(claims, claim)?.as_str().ok_or_else(|| wrong(claim, format_args!("it is no text")))
}

fn seconds(claims: &Claims, claim: &str) -> Result<i64, AssertionError> {
    let value = value(claims, claim)?;
    value.as_i64().ok_or_else(|| another(claim, "whole seconds since 1970", &shown(value)))
}

/// As JSON, in which strings have quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| shortened(&value.to_string()), seen)
}

fn another(claim: &str, expected: &str, found: &str) -> AssertionError {
    wrong(claim, format_args!("it is {found}, and has to be {expected}"))
}

fn wrong(claim: &str, problem: std::fmt::Arguments<'_>) -> AssertionError {
    AssertionError::refused(format!("the claim {claim}: {problem}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_796_000_000;

    /// The outcome with other claims than good ones; null for none.
    fn outcome(change: &Value) -> Result<Assertion, AssertionError> {
        let mut claims = json!({
            "iss": "product", "aud": "console", "sub": "1", "name": "Anna", "role": "editor",
            "apps": ["shop"], "iat": NOW, "exp": NOW + 60, "jti": "a",
        });
        for (claim, value) in change.as_object().expect("an object") {
            claims[claim] = value.clone();
        }
        let mut claims = claims.as_object().expect("an object").clone();
        claims.retain(|_, value| !value.is_null());
        let settings = Chosen {
            issuer: "product".parse().expect("an issuer"),
            jwks: "keys.json".parse().expect("a file"),
            audience: "console".to_owned(),
            role_max: Role::Publisher,
        };
        check(&claims, &settings, Timestamp::from_millis(NOW * 1000))
    }

    #[track_caller]
    fn accepts(changes: impl IntoIterator<Item = Value>) {
        for change in changes {
            assert!(outcome(&change).is_ok(), "{change}: {:?}", outcome(&change));
        }
    }

    /// The reason has to name the claim.
    #[track_caller]
    fn refuses(claim: &str, changes: impl IntoIterator<Item = Value>) {
        for change in changes {
            let error = outcome(&change).expect_err(&change.to_string()).to_string();
            assert!(error.contains(&format!("the claim {claim}: ")), "{change}: {error}");
        }
    }

    #[test]
    fn the_issuer_is_the_one() {
        let wrong =
            [json!("other"), json!("product "), json!("Product"), json!(["product"]), json!(null)];
        refuses("iss", wrong.map(|iss| json!({"iss": iss})));
    }

    #[test]
    fn the_audience_is_this_console_alone() {
        accepts([json!({"aud": ["console"]})]);
        let wrong = [
            json!("other"),
            json!("console/"),
            json!([]),
            json!(["other"]),
            json!(["console", "other"]),
            json!(["console", "console"]),
            json!(null),
        ];
        refuses("aud", wrong.map(|aud| json!({"aud": aud})));
    }

    #[test]
    fn an_assertion_lasts_a_minute_at_most() {
        accepts([json!({"iat": NOW - 1, "exp": NOW + 59}), json!({"exp": NOW})]);
        refuses(
            "exp",
            [json!({"exp": NOW + 61}), json!({"iat": NOW - 3600}), json!({"iat": NOW - 1})],
        );
        refuses("exp", [json!({"iat": i64::MIN, "exp": i64::MAX})]);
    }

    #[test]
    fn what_is_over_is_refused() {
        accepts([json!({"iat": NOW - 64, "exp": NOW - 4})]);
        let over = [5, 6, 100_000].map(|ago| json!({"iat": NOW - ago - 60, "exp": NOW - ago}));
        refuses("exp", over);
        let end = outcome(&json!({})).expect("an assertion").expires_at;
        assert_eq!(end, Timestamp::from_millis((NOW + 65) * 1000), "the last moment of its use");
    }

    #[test]
    fn what_has_not_begun_is_refused() {
        accepts([
            json!({"iat": NOW + 5, "exp": NOW + 65}),
            json!({"nbf": NOW + 5}),
            json!({"nbf": 0}),
        ]);
        refuses(
            "iat",
            [6, 100_000].map(|ahead| json!({"iat": NOW + ahead, "exp": NOW + ahead + 60})),
        );
        refuses("nbf", [json!({"nbf": NOW + 6}), json!({"nbf": "soon"})]);
    }

    #[test]
    fn times_are_whole_seconds() {
        for claim in ["iat", "exp"] {
            refuses(claim, [json!(1.5), json!("1"), json!(null)].map(|time| json!({claim: time})));
        }
        // Milliseconds, as of Date.now().
        refuses("iat", [json!({"iat": NOW * 1000, "exp": NOW * 1000 + 60})]);
    }

    #[test]
    fn it_names_itself_and_its_person() {
        for claim in ["jti", "sub", "name"] {
            refuses(
                claim,
                [json!(null), json!(""), json!(7), json!("a\nb"), json!("x".repeat(256))]
                    .map(|text| json!({claim: text})),
            );
        }
        let Assertion { issuer, id, grant, .. } =
            outcome(&json!({"sub": " 1"})).expect("it is good");
        assert_eq!((issuer.as_str(), id.as_str(), grant.name.as_str()), ("product", "a", "Anna"));
        let person = grant.subject.expect("a subject");
        assert_eq!((person.issuer.expect("one").as_str(), person.id.as_str()), ("product", " 1"));
    }

    #[test]
    fn the_role_is_at_most_what_the_operator_allows() {
        let role = |role: &str| outcome(&json!({"role": role})).map(|one| one.grant.principal.role);
        assert_eq!(role("viewer"), Ok(Role::Viewer));
        assert_eq!(role("publisher"), Ok(Role::Publisher));
        assert!(matches!(role("owner"), Err(AssertionError::Role(_))), "{:?}", role("owner"));
        refuses(
            "role",
            [json!({"role": "root"}), json!({"role": null}), json!({"role": "Editor"})],
        );
    }

    #[test]
    fn no_apps_are_not_all_apps() {
        let scope =
            |apps: Value| outcome(&json!({"apps": apps})).map(|one| one.grant.principal.scope);
        assert_eq!(scope(json!("*")), Ok(Scope::ALL));
        assert_eq!(
            scope(json!(["shop"])),
            Ok(Scope::apps(["shop".parse().expect("an id")]).expect("one"))
        );
        let wrong = [json!(null), json!([]), json!(["*"]), json!("shop"), json!({}), json!([1])];
        refuses("apps", wrong.map(|apps| json!({"apps": apps})));
    }
}
