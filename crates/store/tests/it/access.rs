//! Tokens, sign-in links and sessions: found by their secret, for a while, and a link once.

use std::net::IpAddr;
use std::time::Duration;

use c2c_access::{Credential, CredentialId, Permission, Principal, Role, Scope, Secret, authorize};
use c2c_store::{
    AccessAction, Action, Actor, GRACE, Grant, NewApiToken, NewSession, NewSignInLink,
    SIGN_IN_LIFETIME_MAX, SessionLimits, Store, StoreError, TOKEN_LIFETIME_MAX, Timestamp,
};
use tokio::task::JoinSet;

use crate::engines::{Place, on_both_engines};
use crate::steps::{anna, ben, create};

on_both_engines!(
    a_token_works_until_it_ends,
    a_revoked_token_does_not_work,
    the_database_has_no_secret,
    access_does_not_last_for_ever,
    a_link_is_spent_once_by_one_of_two_servers,
    looking_at_a_link_does_not_spend_it,
    a_link_ends_by_itself_or_is_revoked,
    a_session_ends_when_it_is_not_used,
    a_session_ends_in_any_case,
    a_sign_in_ends_the_session_before,
    one_signs_out_everywhere,
    the_logs_say_who_showed_what_and_where,
    an_owner_is_known,
    what_has_ended_is_removed,
    access_ends_with_its_app,
    access_to_several_apps_ends_in_one_order,
    access_that_outlives_a_purge_does_not_open_the_next_app,
    a_list_has_the_apps_of_its_scope_only,
    the_owner_of_one_app_keeps_none_from_making_tokens,
    entries_of_a_newer_version_hide_no_others,
);

/// Fails the test unless the result is this error.
macro_rules! fails {
    ($result:expr, $kind:ident) => {
        let result = $result;
        assert!(matches!(result, Err(StoreError::$kind { .. })), "{result:?}");
    };
}

const HOUR: Duration = Duration::from_hours(1);
const MOMENT: Duration = Duration::from_millis(1);
const LIMITS: SessionLimits = SessionLimits { idle: HOUR, lifetime: Duration::from_hours(3) };

fn editor() -> Grant {
    let scope = Scope::apps(["shop".parse().expect("an id")]).expect("a scope");
    Grant::new(ben().name, Principal { role: Role::Editor, scope })
}

fn owner() -> Grant {
    Grant::new(anna().name, Principal::owner())
}

fn address() -> IpAddr {
    "2001:db8::7".parse().expect("an address")
}

async fn link(store: &Store, grant: Grant) -> Secret {
    store.make_sign_in_link(&anna(), grant, HOUR).await.expect("a link").secret
}

async fn sign_in(store: &Store, grant: Grant) -> NewSession {
    let link = link(store, grant).await;
    store.sign_in(&link, Some(address()), LIMITS, None).await.expect("a session")
}

async fn log(store: &Store) -> Vec<AccessAction> {
    let mut entries = store.access_log(None, 100).await.expect("a log");
    entries.reverse();
    entries.into_iter().map(|entry| entry.action).collect()
}

async fn a_token_works_until_it_ends(store: Store) {
    let made = store.make_token(&anna(), editor(), HOUR).await.expect("a token");
    assert_eq!((&made.token.grant, made.token.used_at), (&editor(), None));
    let use_at = async |now| store.use_token(&made.text, now).await.expect("an answer");
    let last = made.token.expires_at.before(MOMENT);
    assert_eq!(use_at(last).await.as_ref(), Some(&made.token));
    assert_eq!(use_at(made.token.expires_at).await, None);
    assert_eq!(use_at(last).await.expect("it is there").used_at, Some(last));
    let other = c2c_access::Token::new(Secret::random());
    assert_eq!(store.use_token(&other, last).await.expect("an answer"), None);

    let newer = store.make_token(&anna(), owner(), HOUR).await.expect("a token").token;
    let mut listed = store.tokens(last).await.expect("tokens");
    assert!(listed.contains(&newer) && listed.len() == 2, "{listed:?}");
    listed = store.tokens(newer.expires_at).await.expect("tokens");
    assert_eq!(listed, []);
}

async fn a_revoked_token_does_not_work(store: Store) {
    let made = store.make_token(&anna(), editor(), HOUR).await.expect("a token");
    store.revoke_token(&ben(), made.token.id).await.expect("done");
    let now = Timestamp::now();
    assert_eq!(store.use_token(&made.text, now).await.expect("an answer"), None);
    fails!(store.revoke_token(&ben(), made.token.id).await, NoSuchToken);
    fails!(store.revoke_token(&ben(), CredentialId::random()).await, NoSuchToken);
    let revoked = AccessAction::TokenRevoked { token: made.token.id };
    assert_eq!(log(&store).await[1..], [revoked]);
}

async fn the_database_has_no_secret(place: Place) {
    let store = place.open().await;
    let token = store.make_token(&anna(), owner(), HOUR).await.expect("a token").text;
    let spent = link(&store, owner()).await;
    let session = store.sign_in(&spent, None, LIMITS, None).await.expect("a session").secret;
    let link = link(&store, owner()).await;
    let now = Timestamp::now();
    for (table, secret) in
        [("token", token.secret()), ("sign_in_link", &link), ("session", &session)]
    {
        let stored = place.text(table, "secret_hash").await;
        assert_ne!(stored, secret.reveal());
        // The hash is no secret that opens anything.
        let hash: Secret = stored.parse().expect("digits");
        fails!(store.sign_in_link(&hash, now).await, NoSuchLink);
        assert_eq!(store.use_session(&hash, now).await.expect("an answer"), None);
        let token = c2c_access::Token::new(hash);
        assert_eq!(store.use_token(&token, now).await.expect("an answer"), None);
    }
}

async fn access_does_not_last_for_ever(store: Store) {
    for lifetime in [Duration::ZERO, TOKEN_LIFETIME_MAX + MOMENT] {
        fails!(store.make_token(&anna(), owner(), lifetime).await, AccessLifetime);
    }
    for lifetime in [Duration::ZERO, SIGN_IN_LIFETIME_MAX + MOMENT] {
        fails!(store.make_sign_in_link(&anna(), owner(), lifetime).await, AccessLifetime);
    }
    store.make_token(&anna(), owner(), TOKEN_LIFETIME_MAX).await.expect("a token");
    store.make_sign_in_link(&anna(), owner(), SIGN_IN_LIFETIME_MAX).await.expect("a link");
}

async fn a_link_is_spent_once_by_one_of_two_servers(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    let link = link(&first, editor()).await;
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let (store, link) = (if number % 2 == 0 { &first } else { &second }.clone(), link.clone());
        tasks.spawn(async move { store.sign_in(&link, None, LIMITS, None).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    for outcome in outcomes {
        assert!(matches!(outcome, Ok(_) | Err(StoreError::NoSuchLink)), "{outcome:?}");
    }
    assert_eq!(first.sessions(Timestamp::now()).await.expect("sessions").len(), 1);
    fails!(first.sign_in_link(&link, Timestamp::now()).await, NoSuchLink);
}

async fn looking_at_a_link_does_not_spend_it(store: Store) {
    let secret = link(&store, editor()).await;
    for _ in 0..3 {
        let found = store.sign_in_link(&secret, Timestamp::now()).await.expect("it is there");
        assert_eq!((&found.grant, found.made_by), (&editor(), anna()));
    }
    let session = store.sign_in(&secret, None, LIMITS, None).await.expect("a session");
    assert_eq!(session.session.grant, editor());
}

async fn a_link_ends_by_itself_or_is_revoked(store: Store) {
    let made = store.make_sign_in_link(&anna(), editor(), HOUR).await.expect("a link");
    let end = made.link.expires_at;
    let listed = store.sign_in_links(end.before(MOMENT)).await.expect("links");
    assert_eq!(listed, std::slice::from_ref(&made.link));
    assert_eq!(store.sign_in_links(end).await.expect("links"), []);
    fails!(store.sign_in_link(&made.secret, end).await, NoSuchLink);

    store.revoke_sign_in_link(&ben(), made.link.id).await.expect("done");
    fails!(store.revoke_sign_in_link(&ben(), made.link.id).await, NoSuchLink);
    fails!(store.sign_in(&made.secret, None, LIMITS, None).await, NoSuchLink);
    let short = store.make_sign_in_link(&anna(), editor(), MOMENT).await.expect("a link");
    tokio::time::sleep(MOMENT * 5).await;
    fails!(store.sign_in(&short.secret, None, LIMITS, None).await, NoSuchLink);
}

async fn a_session_ends_when_it_is_not_used(store: Store) {
    let NewSession { session, secret, .. } = sign_in(&store, editor()).await;
    let use_at = async |now| store.use_session(&secret, now).await.expect("an answer");
    let end = session.used_at.after(HOUR);
    // Each use puts the end off.
    let last = end.before(MOMENT);
    assert_eq!(use_at(last).await.expect("it is there").id, session.id);
    assert_eq!(use_at(end).await.expect("it is there").used_at, last);
    assert_eq!(use_at(end.after(HOUR)).await, None);
    assert_eq!(store.sessions(end.after(HOUR)).await.expect("sessions"), []);
    let other = Secret::random();
    assert_eq!(store.use_session(&other, end).await.expect("an answer"), None);
}

async fn a_session_ends_in_any_case(store: Store) {
    let NewSession { session, secret, .. } = sign_in(&store, editor()).await;
    assert_eq!(session.expires_at, session.began_at.after(LIMITS.lifetime));
    let use_at = async |now| store.use_session(&secret, now).await.expect("an answer");
    let mut now = session.began_at;
    while now < session.expires_at {
        assert!(use_at(now).await.is_some(), "{now:?}");
        now = now.after(HOUR / 2);
    }
    assert_eq!(use_at(session.expires_at).await, None);
}

async fn a_sign_in_ends_the_session_before(store: Store) {
    let before = sign_in(&store, editor()).await;
    let link = link(&store, owner()).await;
    let after = store.sign_in(&link, None, LIMITS, Some(&before.secret)).await.expect("a session");
    assert_ne!(after.secret, before.secret);
    let now = Timestamp::now();
    assert_eq!(store.use_session(&before.secret, now).await.expect("an answer"), None);
    assert_eq!(store.sessions(now).await.expect("sessions"), [after.session]);
    let ended = AccessAction::SignedOut { sessions: vec![before.session.id] };
    assert!(log(&store).await.contains(&ended));
}

async fn one_signs_out_everywhere(store: Store) {
    let (first, second) = (sign_in(&store, editor()).await, sign_in(&store, editor()).await);
    let other = sign_in(&store, owner()).await;
    store.end_session(&ben(), first.session.id).await.expect("done");
    fails!(store.end_session(&ben(), first.session.id).await, NoSuchSession);
    let third = sign_in(&store, editor()).await;
    // Another person under the same name, of another customer, and one with more access.
    let others = [Scope::apps(["blog".parse().expect("an id")]).expect("a scope"), Scope::ALL];
    let mut stay = Vec::new();
    for scope in others {
        let principal = Principal { role: Role::Editor, scope };
        stay.push(sign_in(&store, Grant::new(ben().name, principal)).await);
    }
    assert_eq!(store.end_sessions_of(&ben(), &editor()).await.expect("done"), 2);
    assert_eq!(store.end_sessions_of(&ben(), &editor()).await.expect("done"), 0);
    for session in stay {
        store.end_session(&anna(), session.session.id).await.expect("it was there");
    }
    let now = Timestamp::now();
    for ended in [&first, &second, &third] {
        assert_eq!(store.use_session(&ended.secret, now).await.expect("an answer"), None);
    }
    assert_eq!(store.sessions(now).await.expect("sessions"), [other.session]);
}

async fn the_logs_say_who_showed_what_and_where(store: Store) {
    let NewSession { session, .. } = sign_in(&store, owner()).await;
    let entries = store.access_log(None, 1).await.expect("a log");
    assert_eq!(entries[0].actor, Actor { address: Some(address()), ..anna() });
    assert!(
        matches!(&entries[0].action, AccessAction::SignedIn { session: id, .. } if *id == session.id)
    );

    let credential = Some(session.credential());
    let by = Actor { credential, address: Some(address()), ..anna() };
    let shop = "shop".parse().expect("an id");
    store.create(&by, &shop, &c2c_store::NewApp::default()).await.expect("done");
    let audit = store.audit(&shop, None, 1).await.expect("a log");
    assert_eq!(audit[0].actor, by);
    assert!(matches!(audit[0].action, Action::Created { .. }));
    // History has the name only.
    assert_eq!(store.draft(&shop).await.expect("a draft").saved_by, anna());

    store.make_token(&by, editor(), HOUR).await.expect("a token");
    let entries = store.access_log(None, 1).await.expect("a log");
    assert_eq!(entries[0].actor, by);
    let older = store.access_log(Some(entries[0].seq), 1).await.expect("a log");
    assert_eq!(older.len(), 1);
    assert!(
        older[0].seq < entries[0].seq && matches!(older[0].action, AccessAction::SignedIn { .. })
    );
    let token = Credential::Token(CredentialId::random());
    assert_eq!(token.to_string().parse(), Ok(token));
}

async fn an_owner_is_known(store: Store) {
    let now = Timestamp::now();
    let has_owner = async |now| store.has_owner(now).await.expect("an answer");
    assert!(!has_owner(now).await && !store.had_owner().await.expect("an answer"));
    create(&store, "shop").await;
    let mut of_one_app = owner();
    of_one_app.principal.scope = editor().principal.scope;
    sign_in(&store, of_one_app).await;
    sign_in(&store, editor()).await;
    link(&store, owner()).await;
    // A name that looks like the log's own words.
    let mut forged = editor();
    forged.name = r#""role":"owner","apps":null"#.parse().expect("a name");
    sign_in(&store, forged).await;
    assert!(!has_owner(now).await && !store.had_owner().await.expect("an answer"));
    let session = sign_in(&store, owner()).await.session;
    assert!(has_owner(now).await && !has_owner(session.used_at.after(HOUR)).await);
    assert!(store.had_owner().await.expect("an answer"));
    let token = store.make_token(&anna(), owner(), HOUR * 2).await.expect("a token").token;
    assert!(has_owner(session.used_at.after(HOUR)).await && !has_owner(token.expires_at).await);
    let grant = store.tokens(now).await.expect("tokens").remove(0).grant;
    assert_eq!(authorize(&grant.principal, Permission::CreateApp, None), Ok(()));
}

async fn what_has_ended_is_removed(place: Place) {
    let store = place.open().await;
    store.make_token(&anna(), owner(), HOUR).await.expect("a token");
    let session = sign_in(&store, owner()).await.session;
    link(&store, owner()).await;
    store.purge_access(Timestamp::now()).await.expect("done");
    let count = async || {
        let (tokens, links) =
            (store.tokens(session.began_at).await, store.sign_in_links(session.began_at).await);
        let sessions = store.sessions(session.began_at).await.expect("sessions");
        (tokens.expect("tokens").len(), links.expect("links").len(), sessions.len())
    };
    assert_eq!(count().await, (1, 1, 1));
    store.purge_access(session.used_at.after(HOUR)).await.expect("done");
    assert_eq!(count().await.2, 0);
    store.purge_access(Timestamp::now().after(HOUR)).await.expect("done");
    assert_eq!(count().await, (0, 0, 0));
}

fn owner_of(apps: &[&str]) -> Grant {
    let scope = Scope::apps(apps.iter().map(|id| id.parse().expect("an id"))).expect("a scope");
    Grant::new(ben().name, Principal { role: Role::Owner, scope })
}

/// Access to some apps in the three ways.
struct Accesses(NewApiToken, NewSignInLink, NewSession);

impl Accesses {
    async fn to(store: &Store, apps: &[&str]) -> Self {
        let grant = owner_of(apps);
        let token = store.make_token(&anna(), grant.clone(), HOUR).await.expect("a token");
        let link = store.make_sign_in_link(&anna(), grant.clone(), HOUR).await.expect("a link");
        Self(token, link, sign_in(store, grant).await)
    }

    fn ids(&self) -> [CredentialId; 3] {
        [self.0.token.id, self.1.link.id, self.2.session.id]
    }

    /// The access that each gives now.
    async fn grants(&self, store: &Store) -> [Option<Grant>; 3] {
        let (Self(token, link, session), now) = (self, Timestamp::now());
        let token = store.use_token(&token.text, now).await.expect("an answer");
        let link = store.sign_in_link(&link.secret, now).await.ok();
        let session = store.use_session(&session.secret, now).await.expect("an answer");
        let session = session.map(|session| session.grant);
        [token.map(|token| token.grant), link.map(|link| link.grant), session]
    }
}

/// [`Accesses::grants`] of access to these apps.
fn all_to(apps: &[&str]) -> [Option<Grant>; 3] {
    [(); 3].map(|()| Some(owner_of(apps)))
}

/// The entries about the end of access: first the tokens, then the links, then the sessions, each in the order of ids.
fn ends(ended: &[&Accesses]) -> Vec<AccessAction> {
    let sorted = |place: usize| {
        let mut ids: Vec<_> = ended.iter().map(|accesses| accesses.ids()[place]).collect();
        ids.sort();
        ids
    };
    let tokens = sorted(0).into_iter().map(|token| AccessAction::TokenRevoked { token });
    let links = sorted(1).into_iter().map(|link| AccessAction::LinkRevoked { link });
    let sessions = AccessAction::SignedOut { sessions: sorted(2) };
    tokens.chain(links).chain([sessions]).collect()
}

async fn delete(store: &Store, app: &str) {
    store.delete(&anna(), &app.parse().expect("an id")).await.expect("it is deleted");
}

async fn purge(store: &Store) {
    store.purge(&anna(), Timestamp::now().after(GRACE)).await.expect("a purge");
}

/// A former owner has no access to another app with the id.
async fn access_ends_with_its_app(store: Store) {
    create(&store, "shop").await;
    let alone = Accesses::to(&store, &["shop"]).await;
    let both = Accesses::to(&store, &["blog", "shop"]).await;
    let other = Accesses::to(&store, &["my-shop"]).await;
    let all = store.make_token(&anna(), owner(), HOUR).await.expect("a token");

    delete(&store, "shop").await;
    assert_eq!(alone.grants(&store).await, all_to(&["shop"]), "it may come back");
    let before = log(&store).await.len();
    purge(&store).await;
    assert_eq!(log(&store).await[before..], ends(&[&alone]));
    create(&store, "shop").await;
    assert_eq!(alone.grants(&store).await, [None, None, None]);
    assert_eq!(both.grants(&store).await, all_to(&["blog"]));
    assert_eq!(other.grants(&store).await, all_to(&["my-shop"]));
    let all = store.use_token(&all.text, Timestamp::now()).await.expect("an answer");
    assert_eq!(all.expect("it is there").grant, owner());
    assert_eq!(log(&store).await[before..], ends(&[&alone]), "nothing was left to end");
}

/// With one app after the other, two transactions that end access could wait for each other.
async fn access_to_several_apps_ends_in_one_order(store: Store) {
    let mut ended = Vec::new();
    for app in ["shop", "tour", "yard"] {
        create(&store, app).await;
        ended.push(Accesses::to(&store, &[app]).await);
        delete(&store, app).await;
    }
    ended.push(Accesses::to(&store, &["shop", "tour", "yard"]).await);
    let narrowed = Accesses::to(&store, &["blog", "shop", "yard"]).await;
    let before = log(&store).await.len();
    purge(&store).await;
    for accesses in &ended {
        assert_eq!(accesses.grants(&store).await, [None, None, None]);
    }
    assert_eq!(narrowed.grants(&store).await, all_to(&["blog"]));
    let ended: Vec<_> = ended.iter().collect();
    assert_eq!(log(&store).await[before..], ends(&ended));
}

/// A request that is under way during a purge can give access after it, and a server of an older version ends none.
async fn access_that_outlives_a_purge_does_not_open_the_next_app(store: Store) {
    create(&store, "shop").await;
    delete(&store, "shop").await;
    purge(&store).await;
    let alone = Accesses::to(&store, &["shop"]).await;
    let both = Accesses::to(&store, &["blog", "shop"]).await;
    // There was no app with this id: it is for the one that comes.
    let early = Accesses::to(&store, &["tour"]).await;
    let before = log(&store).await.len();
    create(&store, "shop").await;
    create(&store, "tour").await;
    assert_eq!(alone.grants(&store).await, [None, None, None]);
    assert_eq!(both.grants(&store).await, all_to(&["blog"]));
    assert_eq!(early.grants(&store).await, all_to(&["tour"]));
    assert_eq!(log(&store).await[before..], ends(&[&alone]));
}

async fn a_list_has_the_apps_of_its_scope_only(store: Store) {
    for id in ["blog", "shop", "tour"] {
        create(&store, id).await;
    }
    let scope = |ids: &[&str]| {
        Scope::apps(ids.iter().map(|id| id.parse().expect("an id"))).expect("a scope")
    };
    let list = async |ids: &[&str], search: &str, after: Option<&str>| {
        let after = after.map(|id| id.parse().expect("an id"));
        let apps = store.apps(&scope(ids), search, after.as_ref(), 10).await.expect("a list");
        apps.iter().map(|app| app.id.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list(&["shop"], "", None).await, "shop");
    assert_eq!(list(&["tour", "blog", "none"], "", None).await, "blog tour");
    assert_eq!(list(&["tour", "blog"], "", Some("blog")).await, "tour");
    assert_eq!(list(&["tour", "blog"], "tour", None).await, "tour");
    assert_eq!(list(&["blog"], "tour", None).await, "");
    assert_eq!(list(&["none"], "", None).await, "");
    // The place of an app outside of the scope tells neither its name nor that it is there.
    for after in ["tour", "blog", "none"] {
        assert_eq!(list(&["shop"], "", Some(after)).await, list(&["shop"], "", Some("zzz")).await);
    }
}

async fn the_owner_of_one_app_keeps_none_from_making_tokens(place: Place) {
    let store = place.open().await;
    for app in ["ab", "other"] {
        store.make_token(&ben(), owner_of(&[app]), HOUR).await.expect("a token");
    }
    place
        .execute(
            r#"INSERT INTO token (id, secret_hash, name, role, apps, made_at, made_by, expires_at)
               WITH RECURSIVE numbers (number) AS
                   (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 999)
               SELECT 'x' || number, 'x' || number, 'x', 'viewer', '["ab","c"]', 0, 'x', 9000000000000000
               FROM numbers"#,
        )
        .await;
    fails!(store.make_token(&ben(), owner_of(&["ab"]), HOUR).await, TooManyTokens);
    for free in ["abc", "b", "other"] {
        store.make_token(&ben(), owner_of(&[free]), HOUR).await.expect("a token");
    }
    store.make_token(&anna(), owner(), HOUR).await.expect("a token");
}

async fn entries_of_a_newer_version_hide_no_others(place: Place) {
    let store = place.open().await;
    store.make_token(&anna(), editor(), HOUR).await.expect("a token");
    let newer = store.make_token(&anna(), owner(), HOUR).await.expect("a token");
    place.execute("UPDATE token SET role = 'auditor' WHERE role = 'owner'").await;
    let now = Timestamp::now();
    assert_eq!(store.tokens(now).await.expect("tokens").len(), 1);
    assert!(store.use_token(&newer.text, now).await.is_err(), "an unknown role gives no access");
}
