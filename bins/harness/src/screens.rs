//! Every screen of the product, and the way to it: for the pictures of `cargo xtask screenshots`,
//! and for tests that hold on every screen.

use std::pin::Pin;
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};

use crate::{Browser, Collector, DEADLINE, Error, Result, Server, request};

/// The browser and server that show a screen. The server belongs to the screens: they save, and use
/// the demo app.
#[derive(Debug)]
pub struct Stage<'a> {
    /// Shows the screen.
    pub browser: &'a Browser,
    /// Serves it.
    pub server: &'a Server,
    /// Stands in for the vendors of a screen.
    pub collector: &'a Collector,
}

/// A screen in a certain state.
#[derive(Clone, Copy)]
pub struct Screen {
    /// Its name, in file names too.
    pub name: &'static str,
    open: for<'a> fn(&'a Stage<'a>) -> Opening<'a>,
}

type Opening<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Screen {
    /// Opens the screen in the browser.
    pub async fn open(&self, stage: &Stage<'_>) -> Result<()> {
        (self.open)(stage).await
    }
}

macro_rules! screens {
    ($($name:literal => $open:ident,)*) => {
        &[$(Screen { name: $name, open: |stage| Box::pin($open(stage)) }),*]
    };
}

/// All screens. Each begins with the demo app as after the first start.
pub const SCREENS: &[Screen] = screens! {
    "apps" => apps,
    "no-app" => no_app,
    "code" => code,
    "code-findings" => findings,
    "code-played" => played,
    "code-row" => row,
    "code-errors" => errors,
    "code-sent" => sent,
    "code-events" => events,
    "code-events-found" => events_found,
    "code-events-none" => events_none,
    "code-examples" => examples,
    "code-held" => held,
    "code-conflict" => conflict,
    "code-compare" => compare,
    "code-publish" => publish,
    "code-share" => share,
    "preview-link" => preview_link,
    "preview-link-gone" => preview_link_gone,
    "widget-preview" => widget_preview,
    "general" => general,
    "demo-page" => demo_page,
    "widget" => widget,
    "widget-calling" => widget_calling,
    "widget-survey" => widget_survey,
    "history-new" => new_history,
    "history" => history,
    "history-off" => switched_off,
    "integrations-new" => integrations_new,
    "integrations" => integrations,
    "integrations-tried" => integrations_tried,
    "integrations-flooded" => integrations_flooded,
    "integrations-forget" => integrations_forget,
    "integrations-add" => integrations_add,
    "integrations-vendor" => integrations_vendor,
    "integrations-meta" => integrations_meta,
    "integrations-key" => integrations_key,
    "integrations-agreement" => integrations_agreement,
    "integrations-skip" => integrations_skip,
    "deliveries" => deliveries,
    "deliveries-event" => deliveries_event,
    "deliveries-replay" => deliveries_replay,
    "code-destinations" => destinations,
    "sign-in" => sign_in,
    "sign-in-gone" => sign_in_gone,
    "access" => access,
    "access-made" => access_made,
    "access-own" => access_own,
    "signed-out" => signed_out,
    "framed" => framed,
};

/// Sends each event of `gtag` at once, in the form of GA4.
const TAG: &str = "
  dataLayer.push = ([kind, name, fields = {}]) => {
    if (kind !== 'event') return;
    const query = new URLSearchParams({ v: '2', tid: 'G-SHOWN', en: name });
    for (const [key, value] of Object.entries(fields)) query.set(`${typeof value === 'number' ? 'epn' : 'ep'}.${key}`, value);
    fetch(`https://www.google-analytics.com/g/collect?${query}`, { method: 'POST', mode: 'no-cors' });
  };
  gtag('event', 'page_view');";

const SENDING: &str =
    "<script async src=\"https://www.googletagmanager.com/gtag/js?id=G-SHOWN\"></script>
<script>
  window.dataLayer = [];
  function gtag() { dataLayer.push(arguments); }
  c2c.on('call_started', () => {
    new Image().src = 'https://www.facebook.com/tr/?id=123456789012345&ev=Lead';
    alert('Thank you for your call');
  });
  c2c.on('call_ended', (call) => {
    gtag('event', 'call_ended', { duration: call.duration, reason: call.reason });
  });
</script>
<script>
  c2c.on('survey_submitted', (survey) => { gtag('event', 'survey' rating: survey.rating });
</script>
";

const HEAD: &str = "<script>
  c2c.on('call_started', () => c2c.emit('lead', { from: 'widget' }));

  c2c.on('call_ended', (event) => {
    if (event.duration > 30) c2c.emit('long_call', { seconds: event.duration });
  });
</script>
";

/// The answer of each receiver of events.
const ANSWER: &str = "{\"message\": \"<b>seen</b>\", \"queue\": 3}";

const FAULTY: &str = "<script>
  c2c.on('call_started', (event) => {
    tracker.send(event);
  });
  c2c.emit('call ended');
</script>
";

const UNFINISHED: &str = "<script>
  c2c.on('call_started', () => fbq('track', 'Lead'));
</script>
<!-- Chat <script src=\"https://chat.example/widget.js\"></script>
";

async fn apps(stage: &Stage<'_>) -> Result<()> {
    let path = "/api/apps";
    let listed = stage.server.api(Method::GET, path, None).await?.json()?;
    if listed["apps"].as_array().is_some_and(|apps| apps.len() == 1) {
        for name in ["Booking line", "Support, Europe"] {
            stage
                .server
                .api(Method::POST, path, Some(&json!({"name": name})))
                .await?
                .expect(201)?;
        }
    }
    stage.browser.goto(&format!("{}/", stage.server.console)).await?;
    stage.wait("document.querySelector('#app-list li')").await
}

async fn no_app(stage: &Stage<'_>) -> Result<()> {
    stage.browser.goto(&format!("{}/apps/gone", stage.server.console)).await?;
    stage.wait("document.querySelector('#trouble').checkVisibility()").await
}

async fn code(stage: &Stage<'_>) -> Result<()> {
    reset(stage).await?;
    stage.browser.goto(&format!("{}/apps/demo", stage.server.console)).await?;
    stage.wait("document.querySelector('#timeline .state')").await
}

const DRAFT: &str = "/api/apps/demo/draft";

/// Gives the demo app its first code again, as draft and live, and clears code that the browser keeps.
async fn reset(stage: &Stage<'_>) -> Result<()> {
    stage.browser.goto(&format!("{}/", stage.server.console)).await?;
    stage.browser.run("localStorage.clear()", &[]).await?;
    let path = "/api/apps/demo";
    let get =
        async |path: String| stage.server.api(Method::GET, &path, None).await?.expect(200)?.json();
    let number = &get(path.to_owned()).await?["live"];
    let first = get(format!("{path}/revisions/1")).await?;
    let live = get(format!("{path}/revisions/{number}")).await?;
    if live["head"] != first["head"] {
        let wish = json!({"to": 1, "replaces": number});
        let path = format!("{path}/rollback");
        stage.server.api(Method::POST, &path, Some(&wish)).await?.expect(201)?;
    }
    save(stage, &first["head"], &first["bodyEnd"]).await
}

/// Saves the demo app's draft.
async fn save(stage: &Stage<'_>, head: &Value, body_end: &Value) -> Result<()> {
    let draft = stage.server.api(Method::GET, DRAFT, None).await?.expect(200)?.json()?;
    let code = json!({"head": head, "bodyEnd": body_end});
    let version = Some(&draft["version"]);
    stage.server.api_at(Method::PUT, DRAFT, Some(&code), version).await?.expect(200).map(drop)
}

/// Fills the head area as if it were typed.
async fn fill(stage: &Stage<'_>, head: &str) -> Result<()> {
    stage.browser.replace_code("head", head).await
}

async fn findings(stage: &Stage<'_>) -> Result<()> {
    code(stage).await?;
    fill(stage, UNFINISHED).await?;
    stage.wait("document.querySelector('.findings li')").await
}

async fn played(stage: &Stage<'_>) -> Result<()> {
    code(stage).await?;
    fill(stage, HEAD).await?;
    stage.browser.click("[data-play=whole]").await?;
    stage.wait("document.querySelector('[data-name=survey_submitted] .noted[data-level]')").await
}

async fn row(stage: &Stage<'_>) -> Result<()> {
    played(stage).await?;
    stage.browser.click("[data-name=\"custom:long_call\"] summary").await
}

async fn errors(stage: &Stage<'_>) -> Result<()> {
    code(stage).await?;
    fill(stage, FAULTY).await?;
    stage.browser.click("[data-play=started]").await?;
    stage.wait("document.querySelector('#timeline .error .place')").await
}

/// Code of two vendors, a call that the sandbox ignores, and a script with a mistake.
async fn sent(stage: &Stage<'_>) -> Result<()> {
    stage.collector.stand_in("www.googletagmanager.com", "/gtag/js", TAG);
    stage.collector.stand_in("www.google-analytics.com", "/g/collect", "");
    stage.collector.stand_in("www.facebook.com", "/tr/", "");
    code(stage).await?;
    fill(stage, SENDING).await?;
    stage.browser.click("[data-play=whole]").await?;
    stage.wait("document.querySelector('#verdict h3')?.textContent === 'The call was played'").await
}

async fn events(stage: &Stage<'_>) -> Result<()> {
    code(stage).await?;
    stage.browser.click("#tab-events").await?;
    stage.wait("document.querySelector('#events .card')").await
}

/// Searches the events.
async fn search(stage: &Stage<'_>, query: &str) -> Result<()> {
    events(stage).await?;
    stage.browser.type_into("#event-search", query).await
}

async fn events_found(stage: &Stage<'_>) -> Result<()> {
    search(stage, "duration").await
}

async fn events_none(stage: &Stage<'_>) -> Result<()> {
    search(stage, "transferred").await
}

async fn examples(stage: &Stage<'_>) -> Result<()> {
    code(stage).await?;
    stage.browser.click("#tab-examples").await?;
    stage.browser.click("#examples .card summary").await
}

/// Shows a code page whose last run hung.
async fn held(stage: &Stage<'_>) -> Result<()> {
    stage.browser.goto(&format!("{}/", stage.server.console)).await?;
    let hung =
        "localStorage.setItem('c2c run demo', JSON.stringify({ end: 'hung', at: Date.now() }))";
    stage.browser.run(hung, &[]).await?;
    stage.browser.goto(&format!("{}/apps/demo", stage.server.console)).await?;
    stage.wait("document.querySelector('#held').checkVisibility()").await
}

/// Another person saves the draft first, so that the next save is a conflict.
async fn conflict(stage: &Stage<'_>) -> Result<()> {
    code(stage).await?;
    save(stage, &json!(FAULTY), &json!("")).await?;
    fill(stage, HEAD).await?;
    stage.wait("document.querySelector('.notice.conflict')").await
}

/// Both versions of a conflict.
async fn compare(stage: &Stage<'_>) -> Result<()> {
    conflict(stage).await?;
    stage.browser.click(".notice.conflict button").await?;
    stage.wait("document.querySelector('#compare[open]')").await
}

/// The dialog before a publication, with a warning to accept.
async fn publish(stage: &Stage<'_>) -> Result<()> {
    code(stage).await?;
    fill(stage, FAULTY).await?;
    stage.wait("document.querySelector('#message').textContent.startsWith('Draft saved')").await?;
    stage.browser.click("#code-form [type=submit]").await?;
    stage.wait("document.querySelector('#ask[open]')").await
}

/// The dialog with a new link, and an older one.
async fn share(stage: &Stage<'_>) -> Result<()> {
    code(stage).await?;
    make_link(stage, 168).await?;
    stage.browser.click("#open-share").await?;
    stage.wait("document.querySelector('#share-links li')").await?;
    stage.browser.click("#share-form button").await?;
    stage.wait("document.querySelectorAll('#share-links li').length > 1").await
}

const LINKS: &str = "/api/apps/demo/preview-links";

/// Makes a preview link of the demo app in the place of all others, and gives its address.
async fn make_link(stage: &Stage<'_>, hours: u32) -> Result<String> {
    let links = stage.server.api(Method::GET, LINKS, None).await?.expect(200)?.json()?;
    for link in links["links"].as_array().into_iter().flatten() {
        let path = format!("{LINKS}/{}", link["id"].as_str().unwrap_or_default());
        stage.server.api(Method::DELETE, &path, None).await?.expect(204)?;
    }
    let wish = json!({"hours": hours});
    let made = stage.server.api(Method::POST, LINKS, Some(&wish)).await?.expect(201)?.json()?;
    Ok(made["url"].as_str().unwrap_or_default().to_owned())
}

/// The page of a link, for an app that pages of two integrators may embed.
async fn preview_link(stage: &Stage<'_>) -> Result<()> {
    reset(stage).await?;
    let origins = json!(["https://shop.example", "https://checkout.long-name-of-a-shop.example"]);
    set_origins(stage, &origins).await?;
    let url = make_link(stage, 24).await?;
    stage.browser.goto(&url).await?;
    stage.wait("document.querySelector('#link').checkVisibility()").await?;
    set_origins(stage, &json!([])).await
}

async fn set_origins(stage: &Stage<'_>, origins: &Value) -> Result<()> {
    let app = stage.server.api(Method::GET, "/api/apps/demo", None).await?.expect(200)?.json()?;
    let settings = json!({
        "name": app["name"], "parentOrigins": origins, "jar": app["jar"], "staging": app["staging"], "approval": app["approval"],
    });
    let (path, version) = ("/api/apps/demo/settings", Some(&app["settingsVersion"]));
    let changed = stage.server.api_at(Method::PUT, path, Some(&settings), version).await?;
    changed.expect(200).map(drop)
}

/// The page of a link that does not work.
async fn preview_link_gone(stage: &Stage<'_>) -> Result<()> {
    let address = format!("{}/preview-link#{}", stage.server.widget, "0".repeat(64));
    stage.browser.goto("about:blank").await?;
    stage.browser.goto(&address).await?;
    stage.wait("document.querySelector('#invalid').checkVisibility()").await
}

/// The widget with a draft that a link shows.
async fn widget_preview(stage: &Stage<'_>) -> Result<()> {
    widget(stage).await?;
    let mark = "return import('/linked.js').then(({ showMark }) => showMark())";
    stage.browser.run(mark, &[]).await.map(drop)
}

/// The page of a sign-in link.
async fn sign_in(stage: &Stage<'_>) -> Result<()> {
    reset(stage).await?;
    for (path, list) in [("/api/links", "links"), ("/api/tokens", "tokens")] {
        let there = stage.server.api(Method::GET, path, None).await?.expect(200)?.json()?;
        for one in there[list].as_array().into_iter().flatten() {
            let path = format!("{path}/{}", one["id"].as_str().unwrap_or_default());
            stage.server.api(Method::DELETE, &path, None).await?.expect(204)?;
        }
    }
    let made = stage.server.api(Method::POST, "/api/links", Some(&access_of("demo"))).await?;
    let url = made.expect(201)?.json()?["url"].as_str().unwrap_or_default().to_owned();
    stage.browser.goto("about:blank").await?;
    stage.browser.goto(&url).await?;
    stage.wait("document.querySelector('#offer').checkVisibility()").await
}

fn access_of(app: &str) -> Value {
    json!({"name": "ben@shop.example", "role": "editor", "apps": [app], "hours": 24})
}

/// The page of a sign-in link that does not work.
async fn sign_in_gone(stage: &Stage<'_>) -> Result<()> {
    stage.browser.goto("about:blank").await?;
    let address = format!("{}/sign-in#{}", stage.server.console, "0".repeat(64));
    stage.browser.goto(&address).await?;
    stage.wait("document.querySelector('#refused').checkVisibility()").await
}

/// Who has access: a link that waits, and two tokens.
async fn access(stage: &Stage<'_>) -> Result<()> {
    sign_in(stage).await?;
    let all = json!({"name": "build server", "role": "publisher", "apps": null, "hours": 2160});
    for token in [all, access_of("demo")] {
        stage.server.api(Method::POST, "/api/tokens", Some(&token)).await?.expect(201)?;
    }
    stage.browser.goto(&format!("{}/access", stage.server.console)).await?;
    stage.wait("document.querySelector('#tokens-list li')").await
}

/// A new token, shown once.
async fn access_made(stage: &Stage<'_>) -> Result<()> {
    access(stage).await?;
    stage.browser.type_into("#token-form [name=name]", "nightly check").await?;
    stage.browser.click("#token-form [type=submit]").await?;
    stage.wait("document.querySelector('#made[open]')").await
}

/// The menu of one who has signed in.
async fn access_own(stage: &Stage<'_>) -> Result<()> {
    access(stage).await?;
    let show = "return import('/console/session.js').then(({ showOwn }) => {
        showOwn({ name: 'anna@shop.example', role: 'owner', apps: null, expiresAt: '2030-01-01T00:00:00Z' });
        document.querySelector('#own').open = true;
    })";
    stage.browser.run(show, &[]).await.map(drop)
}

/// The console for one who is not signed in, with single sign-on. This server lets all in, so the page's own parts
/// are put there.
async fn signed_out(stage: &Stage<'_>) -> Result<()> {
    let show = "return import('/console/session.js').then(({ offerIssuer }) => {
        offerIssuer('login.company.example');
        document.querySelector('#signed-out').hidden = false;
    })";
    in_place_of_apps(stage, show).await
}

/// A console in a frame that has no session. The same holds for it.
async fn framed(stage: &Stage<'_>) -> Result<()> {
    let show = "document.body.classList.add('framed');
        document.querySelector('#framed-title').textContent = 'Open the console in a window of its own';
        document.querySelector('#framed-text').textContent = 'This browser keeps no session for a page inside another one.';
        document.querySelector('#framed-window').hidden = false;
        document.querySelector('#framed').hidden = false;";
    in_place_of_apps(stage, show).await
}

async fn in_place_of_apps(stage: &Stage<'_>, show: &str) -> Result<()> {
    stage.browser.goto(&stage.server.console).await?;
    stage.wait("document.querySelector('#apps').checkVisibility()").await?;
    let show = format!("document.querySelector('#apps').hidden = true; {show}");
    stage.browser.run(&show, &[]).await.map(drop)
}

async fn goto_history(stage: &Stage<'_>, app: &str) -> Result<()> {
    stage.browser.goto(&format!("{}/apps/{app}/history", stage.server.console)).await?;
    stage.wait("document.querySelector('#history').checkVisibility()").await
}

/// The history of an app without code.
async fn new_history(stage: &Stage<'_>) -> Result<()> {
    let made = stage.server.api(Method::POST, "/api/apps", Some(&json!({"name": "New"}))).await?;
    let id = made.expect(201)?.json()?["id"].as_str().unwrap_or_default().to_owned();
    goto_history(stage, &id).await
}

/// Some revisions, and a comparison of two.
async fn history(stage: &Stage<'_>) -> Result<()> {
    reset(stage).await?;
    let path = "/api/apps/demo";
    let notes =
        ["Count calls of more than 30 s as conversions", "Adds the chat (Anna asked for it)"];
    for (code, note) in [HEAD, FAULTY].into_iter().zip(notes) {
        save(stage, &json!(code), &json!("")).await?;
        let app = stage.server.api(Method::GET, path, None).await?.expect(200)?.json()?;
        let draft = stage.server.api(Method::GET, DRAFT, None).await?.expect(200)?.json()?;
        let wish = json!({"draft": draft["version"], "replaces": app["live"], "note": note});
        let path = format!("{path}/revisions");
        stage.server.api(Method::POST, &path, Some(&wish)).await?.expect(201)?;
    }
    goto_history(stage, "demo").await?;
    stage.browser.click("#revisions li:nth-child(2) button").await?;
    stage.wait("document.querySelector('#comparison table')").await
}

/// The demo app switched off.
async fn switched_off(stage: &Stage<'_>) -> Result<()> {
    let path = "/api/apps/demo/switch";
    let switch = |off| json!({"off": off, "reason": "The chat covers the buy button"});
    stage.server.api(Method::PUT, path, Some(&switch(true))).await?.expect(200)?;
    goto_history(stage, "demo").await?;
    stage.wait("document.querySelector('#state[data-off=true]')").await?;
    stage.server.api(Method::PUT, path, Some(&switch(false))).await?.expect(200).map(drop)
}

/// The integrations of an app without any.
async fn integrations_new(stage: &Stage<'_>) -> Result<()> {
    let made = stage.server.api(Method::POST, "/api/apps", Some(&json!({"name": "New"}))).await?;
    let id = made.expect(201)?.json()?["id"].as_str().unwrap_or_default().to_owned();
    goto_integrations(stage, &id).await
}

async fn goto_integrations(stage: &Stage<'_>, app: &str) -> Result<()> {
    stage.browser.goto(&format!("{}/apps/{app}/integrations", stage.server.console)).await?;
    stage.wait("document.querySelector('#integrations').checkVisibility()").await
}

/// The receivers of an app with integrations: names, paths, what each answers, and whether it agrees.
const RECEIVERS: [(&str, &str, u16, bool); 4] = [
    ("CRM", "/crm", 200, true),
    ("Data warehouse", "/warehouse", 503, true),
    ("Old shop", "/old", 410, true),
    ("Partner portal", "/partner", 404, false),
];

const INTEGRATED: &str = "Shop with integrations";

/// The app with integrations, which is made once. Its endpoints are pages of the collector.
async fn integrated(stage: &Stage<'_>) -> Result<String> {
    let Stage { server, .. } = stage;
    let found = server.api(Method::GET, "/api/apps?search=integrations", None).await?.json()?;
    if let Some(id) = found["apps"][0]["id"].as_str() {
        return Ok(id.to_owned());
    }
    let made = server.api(Method::POST, "/api/apps", Some(&json!({"name": INTEGRATED}))).await?;
    let id = made.expect(201)?.json()?["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/api/apps/{id}");
    let collect =
        json!({"mode": "mark", "bodyDays": 30, "metaDays": 90, "searchKeys": ["orderId"]});
    let to = format!("{path}/integrations/collect");
    server.api_at(Method::PUT, &to, Some(&collect), Some(&json!(0))).await?.expect(200)?;
    for receiver in RECEIVERS {
        stage.add_endpoint(&path, receiver).await?;
    }
    let data = json!({"tier": "gold", "context": {"orderId": "A-1", "customerTier": "gold"}});
    stage.emit(&id, "custom:order_called", &data).await?;
    stage
        .emit(&id, "call_ended", &json!({"duration": "long", "context": {"orderId": "A-2"}}))
        .await?;
    stage.settle(&path).await?;
    Ok(id)
}

/// The integrations of an app with endpoints in several states.
async fn integrations(stage: &Stage<'_>) -> Result<()> {
    let app = integrated(stage).await?;
    goto_integrations(stage, &app).await
}

/// The answers to test events.
async fn integrations_tried(stage: &Stage<'_>) -> Result<()> {
    integrations(stage).await?;
    // Not by more than are allowed in a while: four times for each of the screen's widths and schemes.
    stage.browser.click("#endpoints [data-action=test]").await?;
    stage.wait("document.querySelector('#endpoints .exchange, #endpoints .tried p')").await
}

/// The integrations after a flood. A real one would use up the limits for the other screens, so the
/// page gets only its number.
async fn integrations_flooded(stage: &Stage<'_>) -> Result<()> {
    integrations(stage).await?;
    let flood = "const real = window.fetch;
        window.fetch = async (url, init) => {
          const answer = await real(url, init);
          if (!String(url).endsWith('/integrations')) return answer;
          const body = await answer.json();
          body.intake.refused['rate-limited'] = 1840;
          return new Response(JSON.stringify(body), answer);
        };";
    stage.browser.run(flood, &[]).await?;
    stage.browser.click("#refresh-integrations").await?;
    stage.wait("document.querySelector('#too-fast').checkVisibility()").await
}

/// The question before a deletion of events.
async fn integrations_forget(stage: &Stage<'_>) -> Result<()> {
    integrations(stage).await?;
    stage.browser.type_into("#forget-key", "orderId").await?;
    stage.browser.type_into("#forget-value", "A-1").await?;
    stage.browser.click("#forget-form [type=submit]").await?;
    stage.wait("document.querySelector('#ask[open]')").await?;
    // A picture of the whole page has the dialog only if the page is not scrolled.
    stage.browser.run("scrollTo(0, 0)", &[]).await.map(drop)
}

async fn integrations_add(stage: &Stage<'_>) -> Result<()> {
    let app = integrated(stage).await?;
    goto_integrations(stage, &app).await?;
    stage.browser.click("#add-endpoint").await?;
    stage.browser.click("#endpoint-form [value=some]").await?;
    stage.browser.type_into("#endpoint-name", "Call log").await?;
    stage.browser.type_into("#endpoint-url", "https://log.shop.example/hooks/c2c").await?;
    stage.browser.type_into("#endpoint-custom", "order_called 1st_call").await?;
    stage.browser.click("#endpoint-submit").await?;
    stage.wait("document.querySelector('#endpoint-custom-error').checkVisibility()").await
}

/// The form of an endpoint at Google, with its mapping.
async fn integrations_vendor(stage: &Stage<'_>) -> Result<()> {
    add_vendor(stage, "ga4", "Google Analytics").await?;
    stage.browser.type_into("#endpoint-measurement", "G-ABC1234567").await?;
    let open = "document.querySelector('#endpoint-mapping-more').open = true";
    stage.browser.run(open, &[]).await.map(drop)
}

/// The form of an endpoint at Meta.
async fn integrations_meta(stage: &Stage<'_>) -> Result<()> {
    add_vendor(stage, "meta", "Meta").await?;
    stage.browser.type_into("#endpoint-dataset", "1234567890123456").await?;
    stage.browser.type_into("#endpoint-test-code", "TEST12345").await
}

async fn add_vendor(stage: &Stage<'_>, kind: &str, name: &str) -> Result<()> {
    integrations_new(stage).await?;
    stage.browser.click("#add-endpoint").await?;
    stage.browser.click(&format!("#endpoint-kinds [value={kind}]")).await?;
    stage.browser.type_into("#endpoint-name", name).await
}

/// The key of a new endpoint, shown once.
async fn integrations_key(stage: &Stage<'_>) -> Result<()> {
    integrations_new(stage).await?;
    let url = stage.receiver("/partner", 404, false);
    stage.browser.click("#add-endpoint").await?;
    stage.browser.type_into("#endpoint-name", "Partner portal").await?;
    stage.browser.type_into("#endpoint-url", &url).await?;
    stage.browser.click("#endpoint-submit").await?;
    stage.wait("document.querySelector('#endpoint-key').checkVisibility()").await
}

/// Its answers, by which it does not agree.
async fn integrations_agreement(stage: &Stage<'_>) -> Result<()> {
    integrations_key(stage).await?;
    stage.browser.click("#endpoint-to-ask").await?;
    stage.wait("document.querySelectorAll('#endpoint-answers .exchange').length === 2").await
}

/// The form of an owner who does not wait for its agreement.
async fn integrations_skip(stage: &Stage<'_>) -> Result<()> {
    integrations_agreement(stage).await?;
    stage.browser.click("#endpoint-skip summary").await?;
    stage.browser.type_into("#skip-reason", "Its program is ours, and cannot be changed").await
}

async fn deliveries(stage: &Stage<'_>) -> Result<()> {
    let app = integrated(stage).await?;
    stage.browser.goto(&format!("{}/apps/{app}/deliveries", stage.server.console)).await?;
    stage.wait("document.querySelectorAll('#deliveries-list tr').length > 3").await
}

/// All about one event.
async fn deliveries_event(stage: &Stage<'_>) -> Result<()> {
    deliveries(stage).await?;
    stage.browser.click("#deliveries-list button").await?;
    stage.wait("document.querySelector('#event .delivery')").await
}

/// The number of what would be sent again.
async fn deliveries_replay(stage: &Stage<'_>) -> Result<()> {
    deliveries(stage).await?;
    stage.browser.click("#open-replay").await?;
    let choose = "for (const [id, value] of [['replay-outcome', 'delivered'], ['replay-endpoint', document.querySelector('#replay-endpoint option').value]]) document.getElementById(id).value = value;
        document.querySelector('#replay').dispatchEvent(new Event('change'));";
    stage.browser.run(choose, &[]).await?;
    stage.wait("document.querySelector('#replay-message').textContent.match(/^(\\d|No)/)").await
}

/// The timeline, where custom events would go to endpoints.
async fn destinations(stage: &Stage<'_>) -> Result<()> {
    let app = integrated(stage).await?;
    stage.browser.goto(&format!("{}/apps/{app}", stage.server.console)).await?;
    stage.wait("document.querySelector('#timeline .state')").await?;
    fill(stage, HEAD).await?;
    stage.browser.click("[data-play=whole]").await?;
    stage.wait("document.querySelector('[data-name=survey_submitted] .noted[data-level]')").await
}

async fn general(stage: &Stage<'_>) -> Result<()> {
    stage.browser.goto(&format!("{}/apps/demo/settings", stage.server.console)).await?;
    stage.wait("document.querySelector('#embed').textContent").await
}

async fn demo_page(stage: &Stage<'_>) -> Result<()> {
    reset(stage).await?;
    let url = format!("{}/p/demo?orderId=A-1&customerTier=gold", stage.server.parent);
    stage.browser.goto(&url).await?;
    stage.browser.enter_frame("#widget").await?;
    stage.browser.click("#call").await?;
    stage.browser.click("#hang-up").await?;
    stage.browser.enter_top().await?;
    stage.wait("document.querySelector('#events [data-name^=custom]')").await?;
    stage.browser.click("#events [data-name=call_ended] summary").await
}

async fn widget(stage: &Stage<'_>) -> Result<()> {
    stage.browser.goto(&format!("{}/w/demo", stage.server.widget)).await?;
    stage.wait("document.querySelector('.card').checkVisibility()").await
}

async fn widget_calling(stage: &Stage<'_>) -> Result<()> {
    widget(stage).await?;
    stage.browser.click("#call").await
}

async fn widget_survey(stage: &Stage<'_>) -> Result<()> {
    widget_calling(stage).await?;
    stage.browser.click("#hang-up").await
}

impl Stage<'_> {
    /// A receiver of events, which answers each request with a status.
    fn receiver(&self, path: &str, status: u16, agrees: bool) -> String {
        let answer = move |request: &hyper::Request<()>| {
            let mut response = hyper::Response::new(ANSWER.into());
            let status = if request.method() == Method::OPTIONS { 200 } else { status };
            *response.status_mut() = status.try_into().unwrap_or_default();
            if agrees {
                let all = hyper::header::HeaderValue::from_static("*");
                response.headers_mut().insert("webhook-allowed-origin", all);
            }
            response
        };
        self.collector.answer(path, answer);
        self.collector.url_of("127.0.0.1", path)
    }

    /// Adds an endpoint of an app, and asks it if it agrees.
    async fn add_endpoint(
        &self,
        app: &str,
        (name, path, status, agrees): (&str, &str, u16, bool),
    ) -> Result<()> {
        let new = json!({"name": name, "url": self.receiver(path, status, agrees)});
        let to = format!("{app}/endpoints");
        let made = self.server.api(Method::POST, &to, Some(&new)).await?.expect(201)?.json()?;
        let id = made["endpoint"]["id"].as_str().unwrap_or_default();
        if agrees {
            let ask = format!("{to}/{id}/agreement");
            self.server.api(Method::POST, &ask, Some(&json!({}))).await?.expect(200)?;
        }
        Ok(())
    }

    /// Sends an event as the widget's page does.
    async fn emit(&self, app: &str, name: &str, data: &Value) -> Result<()> {
        let log =
            self.server.api(Method::GET, &format!("/api/apps/{app}/audit"), None).await?.json()?;
        let (at, last) = (&log["entries"][0]["at"], name.len());
        let id = format!("01956b4e-3c00-7000-8000-0000000000{last:02x}");
        let event = json!({"name": name, "data": data, "timestamp": at, "id": id, "seq": 1});
        let batch = json!({"c2c": 1, "consent": "granted", "events": [event]});
        let headers = [
            ("origin", self.server.widget.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/json"),
        ];
        let url = format!("{}/e/{app}", self.server.widget);
        request(Method::POST, &url, &headers, batch.to_string()).await?.expect(200).map(drop)
    }

    /// Waits until one endpoint was disabled by its answer, and one has failed.
    async fn settle(&self, app: &str) -> Result<()> {
        let end = Instant::now() + DEADLINE;
        loop {
            let path = format!("{app}/integrations");
            let all = self.server.api(Method::GET, &path, None).await?.expect(200)?.json()?;
            let endpoints = all["endpoints"].as_array().into_iter().flatten();
            let mut endpoints = endpoints.map(|one| (&one["state"], &one["health"]["failures"]));
            let disabled = endpoints.clone().any(|(state, _)| state == "disabled");
            let failing = endpoints.any(|(_, failures)| failures.as_u64().is_some_and(|n| n > 1));
            if disabled && failing {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(Error::new(format!("no delivery has failed: {all}")));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn wait(&self, condition: &str) -> Result<()> {
        self.browser.wait_for(condition, DEADLINE).await.map(drop)
    }
}
