//! People with one name, and people with several: approval and the end of sessions.

use c2c_access::{Principal, Role, Scope};
use c2c_names::AppId;
use c2c_store::{
    AccessAction, Actor, Environment, Grant, NewSession, SessionLimits, Settings, Store,
    StoreError, Subject, Timestamp,
};

use crate::engines::{Place, on_both_engines};
use crate::steps::{anna, code, create, publication, settings, version};

on_both_engines!(
    a_namesake_approves_and_the_same_person_by_another_name_does_not,
    one_whose_id_cannot_be_compared_is_known_by_name,
    each_of_an_authors_ids_counts,
    an_older_servers_authors_are_known_by_name,
    what_an_older_server_has_forgotten_counts_no_more,
    one_signs_out_everywhere_under_each_name_and_no_namesake,
    a_subject_stays_with_its_access,
);

/// From an issuer, which may be empty, a space, and an id.
fn subject(text: &str) -> Option<Subject> {
    let (issuer, id) = text.split_once(' ')?;
    Some(Subject { issuer: issuer.parse().ok(), id: id.parse().expect("an id") })
}

fn actor(name: &str, subject: Option<Subject>) -> Actor {
    Actor { subject, ..name.parse().expect("a name") }
}

/// An app that requires approval, and has a change by each author.
async fn written(store: &Store, app: &str, authors: &[&Actor]) -> AppId {
    let id = create(store, app).await;
    let settings = Settings { approval: true, ..settings("Shop", true) };
    store.configure(&anna(), &id, version(1), &settings).await.expect("configured");
    for author in authors {
        save(store, &id, author).await;
    }
    id
}

async fn save(store: &Store, app: &AppId, by: &Actor) {
    let edited = store.draft(app).await.expect("a draft").version;
    let head = format!("{edited} by {by}");
    store.save_draft(by, app, edited, &code(&head)).await.expect("saved");
}

/// Whether one may publish the draft to staging; if so, it is there.
async fn publishes(store: &Store, app: &AppId, by: &Actor) -> bool {
    let draft = store.draft(app).await.expect("a draft").version;
    let replaces = store.app(app).await.expect("an app").staged;
    let wish = publication(draft, replaces, Environment::Staging);
    match store.publish(by, app, &wish).await {
        Ok(_) => true,
        Err(StoreError::NeedsApproval(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

async fn a_namesake_approves_and_the_same_person_by_another_name_does_not(store: Store) {
    let author = actor("Anna", subject("https://login.example 1"));
    let shop = written(&store, "shop", &[&author]).await;
    let renamed = actor("Anna Marie", subject("https://login.example 1"));
    assert!(!publishes(&store, &shop, &author).await && !publishes(&store, &shop, &renamed).await);
    let namesake = actor("Anna", subject("https://login.example 2"));
    assert!(publishes(&store, &shop, &namesake).await);
    // The draft has no authors now.
    assert!(publishes(&store, &shop, &author).await);
}

async fn one_whose_id_cannot_be_compared_is_known_by_name(store: Store) {
    let people = |name: &str| {
        [None, subject("https://login.example 1"), subject("other 1"), subject(" 2")]
            .map(|subject| actor(name, subject))
    };
    let authors = people("Anna");
    for (at, author) in authors.iter().enumerate() {
        let shop = written(&store, &format!("shop-{at}"), &[author]).await;
        for other in &authors {
            assert!(!publishes(&store, &shop, other).await, "{other:?} what {author:?} wrote");
        }
        let [by_name, .., by_link] = people("Ben");
        let second = if at == 0 { by_link } else { by_name };
        assert!(publishes(&store, &shop, &second).await, "{second:?} what {author:?} wrote");
    }
}

async fn each_of_an_authors_ids_counts(store: Store) {
    let ids =
        ["1", "2", "3"].map(|id| actor("Anna", subject(&format!("https://login.example {id}"))));
    let [first, second, third] = &ids;
    let shop = written(&store, "shop", &[first, second, first]).await;
    assert!(!publishes(&store, &shop, first).await && !publishes(&store, &shop, second).await);
    let renamed = actor("Anne", second.subject.clone());
    assert!(!publishes(&store, &shop, &renamed).await);
    assert!(publishes(&store, &shop, third).await);
    save(&store, &shop, third).await;
    assert!(!publishes(&store, &shop, third).await && publishes(&store, &shop, first).await);
}

async fn an_older_servers_authors_are_known_by_name(place: Place) {
    let store = place.open().await;
    let shop = written(&store, "shop", &[]).await;
    place.execute("INSERT INTO draft_author (app_id, name) VALUES ('shop', 'Anna')").await;
    let some_anna = actor("Anna", subject("https://login.example 1"));
    assert!(!publishes(&store, &shop, &some_anna).await);
    assert!(publishes(&store, &shop, &actor("Ben", subject("https://login.example 1"))).await);
}

async fn what_an_older_server_has_forgotten_counts_no_more(place: Place) {
    let store = place.open().await;
    let author = actor("Anna", subject("https://login.example 1"));
    let shop = written(&store, "shop", &[&author]).await;
    // It has published.
    place.execute("DELETE FROM draft_author").await;
    assert!(publishes(&store, &shop, &author).await);

    save(&store, &shop, &author).await;
    place.execute("DELETE FROM draft_author").await;
    let namesake = actor("Anna", subject("https://login.example 2"));
    save(&store, &shop, &namesake).await;
    assert!(!publishes(&store, &shop, &namesake).await && publishes(&store, &shop, &author).await);
}

fn grant(name: &str, subject: Option<Subject>) -> Grant {
    let principal = Principal { role: Role::Editor, scope: Scope::ALL };
    Grant { subject, ..Grant::new(name.parse().expect("a name"), principal) }
}

async fn begin(store: &Store, grant: Grant) -> NewSession {
    store.begin_session(grant, None, SessionLimits::default(), None).await.expect("a session")
}

async fn one_signs_out_everywhere_under_each_name_and_no_namesake(store: Store) {
    let own = grant("Anna", subject("https://login.example 1"));
    let mut greater = grant("Anna", subject("https://login.example 1"));
    greater.principal.role = Role::Owner;
    let gone = [
        own.clone(),
        grant("Anna Marie", subject("https://login.example 1")),
        grant("Anna", None),
        grant("Anna", subject(" 7")),
    ];
    let stay = [grant("Anna", subject("https://login.example 2")), grant("Ben", None), greater];
    let mut sessions = Vec::new();
    for grant in gone.iter().chain(&stay) {
        sessions.push(begin(&store, grant.clone()).await);
    }
    let ended = store.end_sessions_of(&anna(), &own).await.expect("done");
    assert_eq!(ended, gone.len());
    let now = Timestamp::now();
    for (at, session) in sessions.iter().enumerate() {
        let found = store.use_session(&session.secret, now).await.expect("an answer");
        assert_eq!(found.is_some(), at >= gone.len(), "{session:?}");
    }
}

async fn a_subject_stays_with_its_access(store: Store) {
    let hour = std::time::Duration::from_hours(1);
    let anna_of = |subject| grant("Anna", subject);
    for grant in [anna_of(None), anna_of(subject(" 7")), anna_of(subject("https://a  1"))] {
        let token = store.make_token(&anna(), grant.clone(), hour).await.expect("a token");
        let used = store.use_token(&token.text, Timestamp::now()).await.expect("an answer");
        assert_eq!(used.expect("it is there").grant, grant);
        let link = store.make_sign_in_link(&anna(), grant.clone(), hour).await.expect("a link");
        let begun = store.sign_in(&link.secret, None, SessionLimits::default(), None).await;
        let begun = begun.expect("a session");
        let used = store.use_session(&begun.secret, Timestamp::now()).await.expect("an answer");
        assert_eq!(used.expect("it is there").grant, grant);
        let logged = store.access_log(None, 1).await.expect("a log").remove(0).action;
        assert!(
            matches!(&logged, AccessAction::SignedIn { access, .. } if access.subject == grant.subject),
            "{logged:?}"
        );
    }
}
