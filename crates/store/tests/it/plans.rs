//! Plans: carried out once, replaced, given up.

use std::time::Duration;

use c2c_names::AppId;
use c2c_store::{
    Action, Environment, Publication, Restoration, RevisionNumber, Store, StoreError, Task,
    Timestamp,
};

use crate::engines::{Place, on_both_engines};
use crate::steps::{
    actions, anna, ben, check_log, code, create, everything, log, note, number, publication,
    rejected, release, restoration, save, version,
};

const HOUR: Duration = Duration::from_hours(1);

on_both_engines!(
    a_publication_is_carried_out_at_its_time,
    a_return_makes_a_copy,
    the_earliest_is_carried_out_first,
    servers_carry_out_each_plan_once,
    a_plan_takes_the_place_of_another,
    a_plan_is_given_up,
    publications_do_not_change_a_plan,
    an_app_that_is_off_stays_off,
    plans_of_a_deleted_app_wait,
    a_past_time_is_rejected,
    a_plan_names_what_it_saw,
);

/// This many hours from now.
fn hours(hours: u32) -> Timestamp {
    Timestamp::now().after(HOUR * hours)
}

/// Plans the publication of new code.
async fn plan(store: &Store, app: &AppId, head: &str, at: Timestamp) -> RevisionNumber {
    let draft = save(store, app, head).await;
    let live = store.app(app).await.expect("an app").live;
    let publication = publication(draft, live, Environment::Live);
    store.plan_publication(&ben(), app, &publication, at).await.expect("it is planned")
}

async fn a_publication_is_carried_out_at_its_time(store: Store) {
    let shop = create(&store, "shop").await;
    assert_eq!(store.next_due().await.expect("no time"), None);
    let (at, draft) = (hours(1), save(&store, &shop, "code").await);
    let planned = Publication {
        note: note("Sale"),
        diagnostics: "[1]".to_owned(),
        ..publication(draft, None, Environment::Live)
    };
    let revision = store.plan_publication(&ben(), &shop, &planned, at).await.expect("planned");
    assert_eq!(revision, number(1));
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.newest, app.live), (Some(number(1)), None));
    let plans = store.plans(&shop).await.expect("plans");
    let [plan] = &plans[..] else { panic!("{plans:?}") };
    assert_eq!((plan.task, plan.at, plan.revision), (Task::Publish, at, revision));
    assert_eq!(plan.planned_by, ben());
    let made = store.revision(&shop, revision).await.expect("a revision");
    assert_eq!((made.snippets, made.diagnostics), (code("code"), "[1]".to_owned()));
    assert_eq!((made.mark.author, made.mark.note), (ben(), note("Sale")));
    check_log(&store, &shop).await;

    assert_eq!(store.next_due().await.expect("a time"), Some(at));
    let early = at.before(Duration::from_millis(1));
    assert_eq!(store.carry_out_due(early).await.expect("nothing is due"), None);
    assert_eq!(store.carry_out_due(at).await.expect("one is due"), Some(shop.clone()));
    assert_eq!(store.carry_out_due(at).await.expect("nothing is due"), None);
    assert_eq!(store.next_due().await.expect("no time"), None);
    assert_eq!(store.plans(&shop).await.expect("no plans"), []);
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.newest, app.live), (Some(number(1)), Some(number(1))));
    let last = log(&store, &shop).await.pop().expect("an entry");
    assert_eq!(last.action, Action::CarriedOut { task: Task::Publish, revision });
    assert_eq!(last.actor, ben());
    check_log(&store, &shop).await;
}

async fn a_return_makes_a_copy(store: Store) {
    let shop = create(&store, "shop").await;
    save(&store, &shop, "first").await;
    let first = Publication {
        catalogue: "0.9.0".to_owned(),
        diagnostics: "[1]".to_owned(),
        ..publication(version(2), None, Environment::Live)
    };
    store.publish(&anna(), &shop, &first).await.expect("it is published");
    release(&store, &shop, "sale").await;
    let at = hours(2);
    store.plan_switch_back(&ben(), &shop, number(1), at).await.expect("it is planned");
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.newest, app.live), (Some(number(2)), Some(number(2))));
    let draft = store.draft(&shop).await.expect("a draft");

    assert_eq!(store.carry_out_due(at).await.expect("one is due"), Some(shop.clone()));
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.newest, app.live), (Some(number(3)), Some(number(3))));
    let copy = store.revision(&shop, number(3)).await.expect("a revision");
    assert_eq!((copy.mark.copy_of, copy.mark.author), (Some(number(1)), ben()));
    assert_eq!(copy.snippets, code("first"));
    // Its code was not checked again.
    assert_eq!((copy.catalogue, copy.diagnostics), (first.catalogue, first.diagnostics));
    assert_eq!(store.draft(&shop).await.expect("a draft"), draft);
    let expected = Action::CarriedOut { task: Task::SwitchBack, revision: number(3) };
    assert_eq!(actions(&store, &shop).await.pop(), Some(expected));
    check_log(&store, &shop).await;
}

async fn the_earliest_is_carried_out_first(store: Store) {
    let (shop, other) = (create(&store, "shop").await, create(&store, "other").await);
    release(&store, &shop, "first").await;
    let (start, middle, end) = (hours(1), hours(2), hours(3));
    store.plan_switch_back(&anna(), &shop, number(1), end).await.expect("it is planned");
    plan(&store, &other, "code", middle).await;
    plan(&store, &shop, "sale", start).await;
    let plans = store.plans(&shop).await.expect("plans");
    let times: Vec<_> = plans.iter().map(|plan| (plan.task, plan.at)).collect();
    assert_eq!(times, [(Task::Publish, start), (Task::SwitchBack, end)]);
    assert_eq!(store.next_due().await.expect("a time"), Some(start));

    let late = hours(10);
    let mut done = Vec::new();
    while let Some(app) = store.carry_out_due(late).await.expect("it is carried out") {
        done.push(app);
    }
    assert_eq!(done, [shop.clone(), other.clone(), shop.clone()]);
    let live = store.app(&shop).await.expect("an app").live.expect("a revision");
    let live = store.revision(&shop, live).await.expect("a revision");
    assert_eq!((live.snippets, live.mark.copy_of), (code("first"), Some(number(1))));
    check_log(&store, &shop).await;
    check_log(&store, &other).await;
}

/// Eight tasks of two servers.
async fn servers_carry_out_each_plan_once(place: Place) {
    let stores = [place.open().await, place.open().await];
    let store = &stores[0];
    let mut apps = Vec::new();
    for n in 0..10 {
        let app = create(store, &format!("app-{n}")).await;
        release(store, &app, "first").await;
        plan(store, &app, "second", hours(1)).await;
        store.plan_switch_back(&ben(), &app, number(1), hours(2)).await.expect("it is planned");
        apps.push(app);
    }
    let (late, mut tasks) = (hours(3), tokio::task::JoinSet::new());
    for n in 0..8 {
        let store = stores[n % 2].clone();
        tasks.spawn(async move {
            let mut done = 0;
            while store.carry_out_due(late).await.expect("it is carried out").is_some() {
                done += 1;
            }
            done
        });
    }
    let done: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!(done, 2 * apps.len());
    for app in &apps {
        let now = everything(store, app).await.expect("an app");
        assert_eq!((now.app.newest, now.app.live), (Some(number(3)), Some(number(3))));
        let carried_out = [
            Action::CarriedOut { task: Task::Publish, revision: number(2) },
            Action::CarriedOut { task: Task::SwitchBack, revision: number(3) },
        ];
        let actions = actions(store, app).await;
        assert_eq!(actions[actions.len() - 2..], carried_out);
        assert_eq!(actions.len(), 3 + 3 + 2);
        check_log(store, app).await;
    }
}

async fn a_plan_takes_the_place_of_another(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "live").await;
    let first = hours(1);
    plan(&store, &shop, "planned", first).await;
    store.plan_switch_back(&anna(), &shop, number(1), hours(2)).await.expect("it is planned");
    let (later, latest) = (hours(3), hours(4));
    assert_eq!(plan(&store, &shop, "planned later", later).await, number(3));
    store.plan_switch_back(&ben(), &shop, number(2), latest).await.expect("it is planned");
    let plans = store.plans(&shop).await.expect("plans");
    let plans: Vec<_> = plans
        .into_iter()
        .map(|plan| (plan.task, plan.at, plan.revision, plan.planned_by))
        .collect();
    let publish = (Task::Publish, later, number(3), ben());
    assert_eq!(plans, [publish, (Task::SwitchBack, latest, number(2), ben())]);
    assert_eq!(store.carry_out_due(first).await.expect("nothing is due"), None);
    assert_eq!(store.carry_out_due(later).await.expect("one is due"), Some(shop.clone()));
    assert_eq!(store.app(&shop).await.expect("an app").live, Some(number(3)));
    check_log(&store, &shop).await;
}

async fn a_plan_is_given_up(store: Store) {
    let shop = create(&store, "shop").await;
    let cancel = async |task| store.cancel_plan(&ben(), &shop, task).await;
    for task in [Task::Publish, Task::SwitchBack] {
        let result = cancel(task).await;
        assert!(matches!(result, Err(StoreError::NotPlanned)), "{result:?}");
    }
    plan(&store, &shop, "code", hours(1)).await;
    store.plan_switch_back(&anna(), &shop, number(1), hours(2)).await.expect("it is planned");
    cancel(Task::Publish).await.expect("it is given up");
    assert_eq!(actions(&store, &shop).await.pop(), Some(Action::Cancelled { task: Task::Publish }));
    let plans = store.plans(&shop).await.expect("plans");
    assert_eq!(plans.iter().map(|plan| plan.task).collect::<Vec<_>>(), [Task::SwitchBack]);
    cancel(Task::SwitchBack).await.expect("it is given up");
    assert_eq!(store.carry_out_due(hours(9)).await.expect("nothing is due"), None);
    assert!(cancel(Task::SwitchBack).await.is_err());
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.newest, app.live), (Some(number(1)), None), "its revision stays");
    check_log(&store, &shop).await;
}

async fn publications_do_not_change_a_plan(store: Store) {
    let shop = create(&store, "shop").await;
    let at = hours(1);
    let planned = plan(&store, &shop, "planned", at).await;
    let plans = store.plans(&shop).await.expect("plans");
    release(&store, &shop, "in between").await;
    let back = restoration(planned, Some(number(2)));
    store.roll_back(&anna(), &shop, &back).await.expect("it comes back");
    assert_eq!(store.plans(&shop).await.expect("plans"), plans);
    store.carry_out_due(at).await.expect("one is due");
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.newest, app.live), (Some(number(3)), Some(planned)));
    check_log(&store, &shop).await;
}

async fn an_app_that_is_off_stays_off(store: Store) {
    let shop = create(&store, "shop").await;
    let planned = plan(&store, &shop, "planned", hours(1)).await;
    store.switch_off(&anna(), &shop, &note("broken")).await.expect("it is switched off");
    assert_eq!(store.carry_out_due(hours(2)).await.expect("one is due"), Some(shop.clone()));
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.live, app.off.is_some()), (Some(planned), true));
    check_log(&store, &shop).await;
}

async fn plans_of_a_deleted_app_wait(store: Store) {
    let (shop, other) = (create(&store, "shop").await, create(&store, "other").await);
    let (first, second) = (hours(1), hours(2));
    plan(&store, &shop, "planned", first).await;
    plan(&store, &other, "planned", second).await;
    store.delete(&anna(), &shop).await.expect("it is deleted");
    assert_eq!(store.next_due().await.expect("a time"), Some(second));
    assert_eq!(store.carry_out_due(second).await.expect("one is due"), Some(other));
    assert_eq!(store.carry_out_due(second).await.expect("nothing is due"), None);
    store.restore(&anna(), &shop).await.expect("it comes back");
    assert_eq!(store.next_due().await.expect("a time"), Some(first));
    assert_eq!(store.carry_out_due(second).await.expect("one is due"), Some(shop.clone()));
    assert_eq!(store.app(&shop).await.expect("an app").live, Some(number(1)));
    check_log(&store, &shop).await;
}

async fn a_past_time_is_rejected(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "code").await;
    let draft = save(&store, &shop, "later").await;
    let before = everything(&store, &shop).await.expect("an app");
    let publication = publication(draft, Some(number(1)), Environment::Live);
    for past in [i64::MIN, 0, Timestamp::now().as_millis()].map(Timestamp::from_millis) {
        let result = store.plan_publication(&anna(), &shop, &publication, past).await;
        assert!(matches!(result, Err(StoreError::PlannedForThePast)), "{result:?}");
        let result = store.plan_switch_back(&anna(), &shop, number(1), past).await;
        assert!(matches!(result, Err(StoreError::PlannedForThePast)), "{result:?}");
    }
    assert_eq!(everything(&store, &shop).await.expect("an app"), before);
    check_log(&store, &shop).await;
}

async fn a_plan_names_what_it_saw(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "code").await;
    save(&store, &shop, "later").await;
    let (at, before) = (hours(1), everything(&store, &shop).await.expect("an app"));
    let stale = publication(version(2), Some(number(1)), Environment::Live);
    let result = store.plan_publication(&ben(), &shop, &stale, at).await;
    assert_eq!(*rejected!(result, DraftConflict), before.draft);
    let stale = publication(version(3), None, Environment::Live);
    let result = store.plan_publication(&ben(), &shop, &stale, at).await;
    assert_eq!(*rejected!(result, LiveConflict), before.app);
    let Restoration { to, .. } = restoration(number(2), None);
    let result = store.plan_switch_back(&ben(), &shop, to, at).await;
    assert!(matches!(result, Err(StoreError::NoSuchRevision { .. })), "{result:?}");
    assert_eq!(everything(&store, &shop).await.expect("an app"), before);
    check_log(&store, &shop).await;
}
