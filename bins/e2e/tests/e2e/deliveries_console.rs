//! *Deliveries* in the console, and the events there: how they are followed, sent again and deleted.

use std::sync::Arc;

use c2c_harness::{Context as _, Cx, DEADLINE, Result, Server, Tests};
use hyper::Method;
use serde_json::{Value, json};

use crate::access::shown;
use crate::hostile::assert_quiet;
use crate::integrations_console::{
    AGREES, ENDPOINTS, HOSTILE, add, collect, delivered, emit, goto, press, receiver, says, value,
};

pub(crate) const TESTS: Tests = &[
    ("a_delivery_is_followed_and_sent_again", &a_delivery_is_followed_and_sent_again),
    ("attempts_without_a_result_are_told", &attempts_without_a_result_are_told),
    ("waiting_events_follow_a_changed_address", &waiting_events_follow_a_changed_address),
    ("an_event_says_why_an_endpoint_did_not_get_it", &an_event_says_why_an_endpoint_did_not_get_it),
    ("events_are_deleted_and_backends_get_tokens", &events_are_deleted_and_backends_get_tokens),
    ("the_timeline_says_where_an_event_would_go", &the_timeline_says_where_an_event_would_go),
];

/// Chooses an option.
async fn choose(cx: &Cx, css: &str, option: &str) -> Result<()> {
    let choose = "const [css, option] = arguments;
        const field = document.querySelector(css);
        field.value = option;
        field.dispatchEvent(new Event('change', { bubbles: true }));";
    cx.browser.run(choose, &[json!(css), json!(option)]).await.map(drop)
}

async fn a_delivery_is_followed_and_sent_again(cx: &Cx) -> Result<()> {
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    collect(&server).await?;
    let url = receiver(cx, "/hook", "thanks", &[AGREES]);
    let id = add(&server, "CRM", &url, &json!(["*"]), true).await?;
    let event = emit(&server, 1).await?;
    delivered(&server, 1).await?;
    // The number on the card leads to the deliveries that it counts.
    goto(cx, &server, "integrations").await?;
    says(cx, "#endpoints .equation a", "1 delivered").await?;
    press(cx, "#endpoints .equation a").await?;
    shown(cx, "#deliveries-list tr").await?;
    assert_eq!(value(cx, "#deliveries-outcome").await?, "delivered");
    assert_eq!(value(cx, "#deliveries-endpoint").await?, id.as_str());
    // Another filter has none.
    choose(cx, "#deliveries-outcome", "expired").await?;
    says(cx, "#no-deliveries", "No delivery matches this filter.").await?;
    let address = cx.browser.url().await?;
    assert!(address.contains("outcome=expired"), "{address}");

    // The event by its id, with its content, its attempts and its answer.
    cx.browser.type_into("#event-id", &event).await?;
    press(cx, "#find-event button").await?;
    says(cx, "#event-title", "custom:order_called").await?;
    says(cx, "#event-parts", HOSTILE).await?;
    says(cx, "#event-parts .delivery", "200").await?;
    says(cx, "#event-parts .delivery", "The text of its answer is not kept").await?;
    // The request, as it was sent.
    let order = |request: &c2c_harness::Recorded| {
        request.json().is_ok_and(|body| body["type"] == "custom.order_called")
    };
    let first = cx.collector.wait_for(1, DEADLINE, order).await?;
    press(cx, "#event-parts .sent-request summary").await?;
    // Earlier attempts may have gone to another host than the present one.
    let summary = "document.querySelector('#event-parts .sent-request summary').textContent";
    assert_eq!(cx.browser.eval(summary).await?, "Request: POST");
    says(cx, "#event-parts .sent-request", "may have been another one then").await?;
    says(cx, "#event-parts .sent-request pre", &format!("webhook-id: {event}\n\n")).await?;
    let sent = "document.querySelector('#event-parts .sent-request pre').textContent";
    let sent = cx.browser.eval(sent).await?;
    let (_, body) = sent.as_str().context("a text")?.split_once("\n\n").context("a body")?;
    assert_eq!(body, first[0].text());
    assert_quiet(cx).await?;
    press(cx, "#event-parts .delivery button").await?;
    says(cx, "#event-message", "It is waiting to be sent to CRM again.").await?;
    let both = cx.collector.wait_for(2, DEADLINE, order).await?;
    assert_eq!(both[0].header("webhook-id"), both[1].header("webhook-id"));
    press(cx, "#event-close").await?;
    delivered(&server, 1).await?;

    // A time, with the number before the button.
    press(cx, "#open-replay").await?;
    choose(cx, "#replay-outcome", "delivered").await?;
    let counted = "document.querySelector('#replay-submit').textContent === 'Send 1 again'";
    cx.browser.wait_for(counted, DEADLINE).await?;
    says(cx, "#replay-message", "1 delivery will be sent again").await?;
    cx.browser.run(ENDS_EARLY, &[]).await?;
    press(cx, "#replay-submit").await?;
    says(cx, "#deliveries-message", "1 delivery is waiting to be sent again").await?;
    assert_eq!(cx.browser.eval("window.parts").await?, json!([null, 999_999]));
    cx.collector.wait_for(3, DEADLINE, order).await.map(drop)
}

/// Makes the first answer to a replay say that there is more. Keeps where each request began.
const ENDS_EARLY: &str = "const real = window.fetch;
    window.parts = [];
    window.fetch = async (url, init) => {
      const answer = await real(url, init);
      if (init?.method !== 'POST' || !String(url).endsWith('/replays')) return answer;
      window.parts.push(JSON.parse(init.body).after);
      const body = await answer.json();
      const next = window.parts.length === 1 ? 999999 : body.next;
      return new Response(JSON.stringify({ ...body, next }), answer);
    };";

/// A server, and the id of an event that it has delivered to an endpoint.
async fn with_delivery(cx: &Cx) -> Result<(Server, String)> {
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    collect(&server).await?;
    let url = receiver(cx, "/hook", "thanks", &[AGREES]);
    add(&server, "CRM", &url, &json!(["*"]), true).await?;
    let event = emit(&server, 1).await?;
    delivered(&server, 1).await?;
    Ok((server, event))
}

async fn attempts_without_a_result_are_told(cx: &Cx) -> Result<()> {
    let (server, event) = with_delivery(cx).await?;
    goto(cx, &server, "deliveries").await?;
    cx.browser.type_into("#event-id", &event).await?;
    // The first attempt ended with its server.
    find_altered(cx, json!({"attempts": 2})).await?;
    says(cx, "#event-parts .delivery", "2 attempts").await?;
    says(cx, "#event-parts .delivery", "An earlier attempt has no result").await?;
    says(cx, "#event-parts .delivery", "may have got the event twice").await?;
    let claims = "document.querySelector('#event-parts').textContent.includes('at once')";
    assert_eq!(cx.browser.eval(claims).await?, false);

    // One that waits: the second attempt was answered, and the fourth is under way.
    let failed = json!({
        "attempt": 2, "at": "2030-01-01T00:00:00Z", "tookMs": 5, "result": "status", "status": 503, "address": null, "answer": "",
    });
    let waiting = json!({
        "outcome": "pending", "reason": null, "attempts": 4, "underWay": true, "log": [failed],
    });
    press(cx, "#event-close").await?;
    find_altered(cx, waiting).await?;
    let both = "2 attempts have no result, since their servers stopped or they were put off.";
    says(cx, "#event-parts .delivery", both).await?;
    // One that succeeded at once, and was sent again.
    let again = json!({
        "outcome": "pending", "reason": null, "attempts": 1, "round": 1, "underWay": false, "log": [],
    });
    press(cx, "#event-close").await?;
    find_altered(cx, again).await?;
    let first = "Not shown: 1 attempt that succeeded at once or has no result.";
    says(cx, "#event-parts .delivery", first).await
}

/// Opens the event whose id was typed, with other values of its deliveries.
async fn find_altered(cx: &Cx, values: Value) -> Result<()> {
    cx.browser.run(ALTERED, &[values]).await?;
    press(cx, "#find-event button").await
}

/// Gives each delivery of an event other values. The last ones hold.
const ALTERED: &str = "const [values] = arguments;
    const real = window.fetch;
    window.fetch = async (url, init) => {
      const answer = await real(url, init);
      if (init?.method !== 'GET' || !/\\/events\\/[^/]+$/.test(String(url))) return answer;
      const body = await answer.json();
      for (const event of body.events) for (const delivery of event.deliveries) Object.assign(delivery, values);
      return new Response(JSON.stringify(body), answer);
    };";

async fn waiting_events_follow_a_changed_address(cx: &Cx) -> Result<()> {
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    collect(&server).await?;
    let url = receiver(cx, "/hook", "thanks", &[AGREES]);
    let facts =
        "[...document.querySelectorAll('#endpoints .facts dt')].map((one) => one.textContent)";
    // A new one has nothing to wait for.
    let id = add(&server, "CRM", &url, &json!(["*"]), false).await?;
    goto(cx, &server, "integrations").await?;
    says(cx, "#endpoints .why-state", "that come until then are not sent to it later. Ask it.")
        .await?;
    assert_eq!(cx.browser.eval(facts).await?, json!(["Has not agreed since"]));

    let path = format!("{ENDPOINTS}/{id}");
    for step in ["agreement", "pause"] {
        let path = format!("{path}/{step}");
        server.api(Method::POST, &path, Some(&json!({}))).await?.expect(200)?;
    }
    emit(&server, 1).await?;
    let there = server.api(Method::GET, &path, None).await?.expect(200)?.json()?;
    let moved = receiver(cx, "/moved", "thanks", &[AGREES]);
    let moved = json!({"name": "CRM", "url": moved, "format": "standard", "filter": ["*"], "inFlightMax": 8});
    let put = server.api_at(Method::PUT, &path, Some(&moved), Some(&there["version"])).await?;
    assert_eq!(put.expect(200)?.json()?["state"], "asked");
    cx.browser.reload().await?;
    let goes = "The event that waits from before goes to this address once it agrees.";
    says(cx, "#endpoints .why-state", goes).await?;
    assert_eq!(cx.browser.eval(facts).await?, json!(["Waiting", "Has not agreed since"]));
    press(cx, "[data-action=ask]").await?;
    says(cx, "#endpoint-verdict", "It agreed").await?;
    let order = |request: &c2c_harness::Recorded| {
        request.json().is_ok_and(|body| body["type"] == "custom.order_called")
    };
    let sent = cx.collector.wait_for(1, DEADLINE, order).await?;
    assert_eq!(sent[0].path, "/moved");
    Ok(())
}

async fn an_event_says_why_an_endpoint_did_not_get_it(cx: &Cx) -> Result<()> {
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    collect(&server).await?;
    let look_at = async |event: &str| {
        goto(cx, &server, "deliveries").await?;
        cx.browser.type_into("#event-id", event).await?;
        press(cx, "#find-event button").await
    };
    look_at(&emit(&server, 1).await?).await?;
    says(cx, "#event-parts", "It was sent nowhere: this app has no endpoint.").await?;
    let url = receiver(cx, "/hook", "thanks", &[AGREES]);
    add(&server, HOSTILE, &url, &json!(["custom:other"]), true).await?;
    look_at(&emit(&server, 2).await?).await?;
    says(cx, "#event-parts .delivery h4", HOSTILE).await?;
    says(cx, "#event-parts .delivery", "as it is now, does not name this event").await?;
    assert_quiet(cx).await
}

async fn events_are_deleted_and_backends_get_tokens(cx: &Cx) -> Result<()> {
    let (server, event) = with_delivery(cx).await?;
    goto(cx, &server, "integrations").await?;
    cx.browser.type_into("#forget-key", "orderId").await?;
    cx.browser.type_into("#forget-value", "A-1").await?;
    press(cx, "#forget-form [type=submit]").await?;
    says(cx, "#ask", "all events of this app in which orderId is “A-1”").await?;
    press(cx, "#ask-submit").await?;
    says(cx, "#forget-message", "The content of 1 event was deleted").await?;
    says(cx, "#forget-message", "must delete it themselves: CRM").await?;
    delete_again(cx, &event).await?;

    cx.browser.type_into("#event-token-name", HOSTILE).await?;
    press(cx, "#event-token-form [type=submit]").await?;
    shown(cx, "#made").await?;
    let token = value(cx, "#made-secret").await?;
    let token = token.as_str().context("a token")?.to_owned();
    assert!(token.starts_with("c2ce_"), "{}", &token[..5]);
    press(cx, "#made .actions button").await?;
    says(cx, "#event-tokens", HOSTILE).await?;
    assert_quiet(cx).await?;
    press(cx, "#event-tokens button").await?;
    shown(cx, "#no-event-tokens").await?;

    goto(cx, &server, "deliveries").await?;
    cx.browser.type_into("#event-id", &event).await?;
    press(cx, "#find-event button").await?;
    says(cx, "#event-parts", "The content was deleted: on request").await
}

/// Deletes an event by its id whose content is gone. The first answer is lost, and the next one has the receivers.
async fn delete_again(cx: &Cx, event: &str) -> Result<()> {
    let is_closed = "!document.querySelector('#ask').open";
    cx.browser.wait_for(is_closed, DEADLINE).await?;
    press(cx, "#forget-form [value=id]").await?;
    cx.browser.type_into("#forget-id", event).await?;
    cx.browser.run(FIRST_ANSWER_IS_LOST, &[]).await?;
    press(cx, "#forget-form [type=submit]").await?;
    says(cx, "#ask", &format!("the event {event}")).await?;
    press(cx, "#ask-submit").await?;
    says(cx, "#ask-message", "The server may still be deleting. Delete again").await?;
    let claims = "document.querySelector('#ask-message').textContent.includes('stopped early')";
    assert_eq!(cx.browser.eval(claims).await?, false);
    press(cx, "#ask-submit").await?;
    let again = "The content was deleted before. These endpoints have received the content, \
                 or may have, and must delete it themselves: CRM.";
    says(cx, "#forget-message", again).await?;
    cx.browser.wait_for(is_closed, DEADLINE).await.map(drop)
}

/// Makes the first answer to a deletion the one at the time limit of a request.
const FIRST_ANSWER_IS_LOST: &str = "const real = window.fetch;
    window.fetch = async (url, init) => {
      const answer = await real(url, init);
      if (!String(url).endsWith('/events/forget')) return answer;
      window.fetch = real;
      const detail = 'the database cannot be reached; try again in a few seconds';
      const headers = { 'content-type': 'application/problem+json' };
      return new Response(JSON.stringify({ status: 503, code: 'database-unavailable', detail }), { status: 503, headers });
    };";

async fn the_timeline_says_where_an_event_would_go(cx: &Cx) -> Result<()> {
    let server = Arc::new(Server::start_with_receivers(&cx.collector, &[]).await?);
    collect(&server).await?;
    let url = receiver(cx, "/hook", "thanks", &[AGREES]);
    add(&server, "CRM", &url, &json!(["custom:order_called"]), true).await?;
    let app = server.app("demo");
    app.save_draft("<script>c2c.emit('order_called'); c2c.emit('other');</script>", "").await?;
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    let rows = [
        ("custom:order_called", "reached the parent page\nwould go to 127.0.0.1"),
        ("custom:other", "reached the parent page\nwould not go to 127.0.0.1 (filter)"),
    ];
    for (name, note) in rows {
        crate::timeline::row(cx, name, note).await?;
    }
    // Two at one host have their names; a paused one gets it later.
    let second = add(&server, "Copy", &url, &json!(["*"]), true).await?;
    let pause = format!("{ENDPOINTS}/{second}/pause");
    server.api(Method::POST, &pause, Some(&json!({}))).await?.expect(200)?;
    cx.browser.reload().await?;
    let both = "would go to CRM; would wait for Copy (paused)";
    crate::timeline::row(cx, "custom:order_called", both).await?;
    let one = "would wait for Copy (paused); not to CRM (filter)";
    crate::timeline::row(cx, "custom:other", one).await
}
