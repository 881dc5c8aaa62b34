//! The product's main job: code saved for an app reacts to a call, through all three levels, and
//! its custom events reach the parent page.

use c2c_catalogue::Name;
use c2c_catalogue::reference::{EndReason, Event};
use c2c_harness::{Context as _, Cx, DEADLINE, Result, Tests};
use serde_json::json;

use crate::steps::{all_heard, enter_widget, heard, open_parent, press, rate_wrongly, said, say};

pub(crate) const TESTS: Tests = &[
    ("a_call_reaches_custom_code_and_comes_back", &a_call_reaches_custom_code_and_comes_back),
    ("the_other_side_can_hang_up", &the_other_side_can_hang_up),
    ("the_survey_reaches_custom_code", &the_survey_reaches_custom_code),
    ("every_envelope_is_one_of_the_catalogue", &every_envelope_is_one_of_the_catalogue),
    (
        "an_event_of_no_catalogue_is_reported_and_sent",
        &an_event_of_no_catalogue_is_reported_and_sent,
    ),
    ("the_widget_works_on_top", &the_widget_works_on_top),
    ("a_save_is_live_at_the_next_visit", &a_save_is_live_at_the_next_visit),
    ("an_app_without_code_works", &an_app_without_code_works),
];

const CONTEXT: &str = "orderId=A-1&customerTier=gold";

async fn a_call_reaches_custom_code_and_comes_back(cx: &Cx) -> Result<()> {
    let hit = cx.collector.hit_url("ended");
    let code = format!(
        "<script>
           c2c.on('call_ended', (e) => {{
             fetch('{hit}', {{method: 'POST', body: JSON.stringify(e)}});
             c2c.emit('order_called', {{ tier: e.context.customerTier, nested: {{ a: [1, null, 'x'] }} }});
           }});
         </script>"
    );
    open_parent(cx, &code, "", CONTEXT).await?;
    press(cx, "#call").await?;
    press(cx, "#hang-up").await?;

    // The handler in the frame.
    let ended = cx.collector.hit("ended", DEADLINE).await?.json()?;
    assert!(ended["duration"].as_f64().context("a duration")? > 0.0, "{ended}");
    assert_eq!(ended["reason"], "user_hangup");
    assert_eq!(ended["context"], json!({"orderId": "A-1", "customerTier": "gold"}));

    // The parent page: the widget's event, and the handler's custom event.
    let envelope = heard(cx, "call_ended").await?;
    let Event::CallEnded { duration, reason } = envelope.event()? else { panic!("{envelope}") };
    assert_eq!(Some(duration), ended["duration"].as_f64());
    assert_eq!(reason, EndReason::UserHangup);
    let envelope = heard(cx, "custom:order_called").await?;
    assert_eq!(json!(envelope.data()), json!({"tier": "gold", "nested": {"a": [1, null, "x"]}}));
    assert_eq!(envelope.context()["orderId"], "A-1");
    Ok(())
}

async fn the_other_side_can_hang_up(cx: &Cx) -> Result<()> {
    open_parent(cx, "", "", "orderId=A-1&c2c_agent_seconds=0.2").await?;
    press(cx, "#call").await?;
    let envelope = heard(cx, "call_ended").await?;
    let Event::CallEnded { reason, .. } = envelope.event()? else { panic!("{envelope}") };
    assert_eq!(reason, EndReason::RemoteHangup);
    // The product's own keys are not part of the context.
    assert_eq!(envelope.context().keys().collect::<Vec<_>>(), ["orderId"]);
    Ok(())
}

async fn the_survey_reaches_custom_code(cx: &Cx) -> Result<()> {
    let hit = cx.collector.hit_url("survey");
    let code = format!(
        "<script>c2c.on('survey_submitted', e => fetch('{hit}', {{method: 'POST', body: JSON.stringify(e)}}))</script>"
    );
    open_parent(cx, "", &code, "").await?;
    press(cx, "#call").await?;
    press(cx, "#hang-up").await?;
    press(cx, "input[value='4']").await?;
    enter_widget(cx).await?;
    cx.browser.type_into("#comment", "Very \"helpful\"").await?;
    cx.browser.enter_top().await?;
    press(cx, "#rate").await?;
    let survey = cx.collector.hit("survey", DEADLINE).await?.json()?;
    assert_eq!(survey, json!({"rating": 4, "comment": "Very \"helpful\"", "context": {}}));
    Ok(())
}

async fn every_envelope_is_one_of_the_catalogue(cx: &Cx) -> Result<()> {
    open_parent(cx, "", "", CONTEXT).await?;
    press(cx, "#call").await?;
    press(cx, "#hang-up").await?;
    press(cx, "input[value='5']").await?;
    press(cx, "#rate").await?;
    heard(cx, "survey_submitted").await?;
    let names = all_heard(cx).await?;
    assert_eq!(names, ["widget_loaded", "call_started", "call_ended", "survey_submitted"]);
    for (seq, name) in names.iter().enumerate() {
        let envelope = heard(cx, name).await?;
        assert_eq!(envelope.seq(), seq as u64, "{envelope}");
        assert!(matches!(envelope.name(), Name::Widget(_)), "{envelope}");
    }
    Ok(())
}

/// A mistake of the widget; a preview says more about it (`timeline`).
async fn an_event_of_no_catalogue_is_reported_and_sent(cx: &Cx) -> Result<()> {
    let handler = "c2c.on('survey_submitted', ({ rating }) => say(rating));";
    open_parent(cx, &format!("<script>{} {handler}</script>", say(cx)), "", "").await?;
    enter_widget(cx).await?;
    let watch = "window.errors = [];
        addEventListener('error', ({ error }) => { errors.push(error.message); });";
    cx.browser.run(watch, &[]).await?;
    cx.browser.click("#call").await?;
    cx.browser.click("#hang-up").await?;
    rate_wrongly(cx).await?;
    // The events before it are not reported.
    let message = "survey_submitted is not as the catalogue says\n\
        /rating: expected an integer from 1 to 5, got 7";
    assert_eq!(cx.browser.eval("errors").await?, json!([message]));
    assert_eq!(said(cx).await?, 7);
    cx.browser.enter_top().await?;
    // The parent page hears of it by another way than the frame.
    let sent = "document.querySelector('#events [data-name=survey_submitted]')";
    cx.browser.wait_for(sent, DEADLINE).await?;
    let heard = ["widget_loaded", "call_started", "call_ended", "survey_submitted"];
    assert_eq!(all_heard(cx).await?, heard);
    Ok(())
}

async fn the_widget_works_on_top(cx: &Cx) -> Result<()> {
    let hit = cx.collector.hit_url("started");
    let code = format!(
        "<script>c2c.on('call_started', e => fetch('{hit}?order=' + e.context.orderId))</script>"
    );
    let app = cx.app().await?;
    app.publish(&code, "").await?;
    cx.browser.goto(&app.widget_url(CONTEXT)).await?;
    cx.browser.click("#call").await?;
    let hit = cx.collector.hit("started", DEADLINE).await?;
    assert_eq!(hit.param("order").as_deref(), Some("A-1"));
    Ok(())
}

async fn a_save_is_live_at_the_next_visit(cx: &Cx) -> Result<()> {
    for version in ["one", "two"] {
        let code = format!("<script>fetch('{}')</script>", cx.collector.hit_url(version));
        // The second visit has the first document in its cache.
        open_parent(cx, &code, "", "").await?;
        cx.collector.hit(version, DEADLINE).await?;
    }
    assert_eq!(cx.collector.count("one"), 1);
    Ok(())
}

async fn an_app_without_code_works(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    cx.browser.goto(&app.parent_url(CONTEXT)).await?;
    heard(cx, "widget_loaded").await?;
    Ok(())
}
