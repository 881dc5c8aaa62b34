//! A provider with another catalogue, whose names follow other conventions than the demo's: from
//! the file through checker, document, host and parent page to validation, with the libraries
//! alone.

use c2c_bridge::{Diagnostics, HOST_MODULES, Shim, shim_attributes};
use c2c_catalogue::{Catalogue, Envelope, Name, UnknownFields, Validator};
use c2c_harness::{Cx, DEADLINE, Result, Tests};
use c2c_injector::{Limits, ScriptAttributes, Snippets, Template};
use c2c_names::{AppId, BridgeLimits};
use c2c_policy::DocumentPolicy;
use serde_json::{Value, json};

use crate::steps::pairs;

pub(crate) const TESTS: Tests = &[
    ("events_go_both_ways", &events_go_both_ways),
    ("the_checker_knows_its_names", &the_checker_knows_its_names),
];

const FILE: &str = r#"
    name = "chat"
    version = "2.1.0"

    [events."chat.closed"]
    since = "1.0.0"
    summary = "The chat is over."
    when = "The visitor or the agent closed it."

    [events."chat.closed".fields.seconds]
    type = "number"
    min = 0
    summary = "The length of the chat."
    example = 90
    privacy = "none"

    [events.videoPlayed]
    since = "2.1.0"
    summary = "A video was played."
    when = "The visitor pressed play."

    [events.videoPlayed.fields.title]
    type = "string"
    summary = "The title of the video."
    example = "Welcome"
    privacy = "none"
"#;

fn catalogue() -> Catalogue {
    Catalogue::from_toml(FILE).expect("a catalogue")
}

fn template(catalogue: &Catalogue) -> Template {
    let events = catalogue.events().iter().map(|event| event.name.clone());
    let shim = Shim { jar: false, diagnostics: Diagnostics::Errors }.text();
    Template::reference(shim).expect("the shim fits").with_events(events)
}

/// Serves the sandbox document of the code with its headers; returns its URL.
fn serve(cx: &Cx, code: &str) -> Result<String> {
    let widget = cx.collector.origin_of("widget.localhost");
    let app: AppId = "chat".parse()?;
    let snippets = Snippets::head(code.to_owned());
    let checked = template(&catalogue()).check(snippets, &Limits::default())?;
    assert!(checked.diagnostics().is_empty(), "{:?}", checked.diagnostics());
    let mut attributes = ScriptAttributes::new();
    for (name, value) in shim_attributes(&app, &[widget.parse()?], &BridgeLimits::default()) {
        attributes = attributes.with(name, &value)?;
    }
    let document: Vec<u8> = checked.compile(&attributes).chunks().concat();
    let parent = cx.collector.origin_of("shop.localhost");
    let policy = DocumentPolicy::strict(&[widget.parse()?, parent.parse()?]);
    cx.collector.page("/s/chat", document, &pairs(policy.headers()));
    Ok(cx.collector.url_of("sandbox.localhost", "/s/chat"))
}

/// Opens a parent page with a widget that reports both events once the code has said that it is
/// ready.
async fn open(cx: &Cx, code: &str) -> Result<()> {
    let src = serve(cx, code)?;
    let javascript = [("content-type", "text/javascript")];
    for module in HOST_MODULES {
        cx.collector.page(&format!("/{}", module.path), module.text, &javascript);
    }
    let parent = cx.collector.origin_of("shop.localhost");
    let widget = format!(
        "<!doctype html><body><script type=module>
           import {{ mount }} from './host.js';
           import {{ validating }} from './validate.js';
           const catalogue = {catalogue};
           const bridge = validating(mount({{
             src: '{src}',
             events: Object.keys(catalogue.events),
             parentOrigins: ['{parent}'],
             context: {{ orderId: 'A-1' }},
             onCustomEvent: ({{ name }}) => {{
               if (name !== 'custom:ready') return;
               bridge.emit('chat.closed', {{ seconds: 31 }});
               bridge.emit('videoPlayed', {{ title: 'Welcome' }});
             }},
           }}), catalogue);
         </script>",
        catalogue = catalogue().to_json(),
    );
    cx.collector.page("/widget", widget, &[]);
    let widget = cx.collector.origin_of("widget.localhost");
    let src = cx.collector.url_of("widget.localhost", "/widget");
    let heard = cx.collector.hit_url("heard");
    let page = format!(
        "<!doctype html><body><script type=module>
           import {{ listen }} from './listen.js';
           const frame = document.createElement('iframe');
           listen({{ frame, widgetOrigin: '{widget}', onEvent: (envelope) =>
             fetch('{heard}', {{ method: 'POST', body: JSON.stringify(envelope) }}) }});
           frame.src = '{src}';
           document.body.append(frame);
         </script>"
    );
    cx.collector.page("/shop", page, &[]);
    cx.browser.goto(&cx.collector.url_of("shop.localhost", "/shop")).await
}

/// Returns the first envelopes that the parent page got, in the order of their positions, validated against
/// the catalogue. (Requests may arrive in another order.)
async fn heard(cx: &Cx, count: usize) -> Result<Vec<Envelope>> {
    let validator = Validator::new(&catalogue(), UnknownFields::Reject);
    let hits = cx.collector.hits("heard", count, DEADLINE).await?;
    let read = |hit: &c2c_harness::Recorded| Ok(validator.read_envelope(&hit.text())?);
    let mut envelopes = hits.iter().take(count).map(read).collect::<Result<Vec<_>>>()?;
    envelopes.sort_by_key(Envelope::seq);
    Ok(envelopes)
}

async fn events_go_both_ways(cx: &Cx) -> Result<()> {
    let said = cx.collector.hit_url("said");
    // A name that looks like an event of the catalogue does not leave the frame; a name from the
    // demo does.
    let code = format!(
        "<script>
           const names = [];
           c2c.on('*', (data, {{ name }}) => {{
             names.push(name, data);
             if (names.length < 4) return;
             fetch('{said}', {{ method: 'POST', body: JSON.stringify(names) }});
             for (const name of ['Chat_Closed', 'VIDEO-PLAYED', 'call_' + 'ended']) c2c.emit(name, {{ is: name }});
           }});
           c2c.emit('ready');
         </script>"
    );
    open(cx, &code).await?;
    let context = json!({"orderId": "A-1"});
    let said: Value = cx.collector.hit("said", DEADLINE).await?.json()?;
    assert_eq!(
        said,
        json!([
            "chat.closed",
            {"seconds": 31, "context": context},
            "videoPlayed",
            {"title": "Welcome", "context": context},
        ])
    );
    let envelopes = heard(cx, 4).await?;
    let names: Vec<&Name> = envelopes.iter().map(Envelope::name).collect();
    let expected = [
        Name::Custom("ready".parse()?),
        Name::Widget("chat.closed".parse()?),
        Name::Widget("videoPlayed".parse()?),
        Name::Custom("call_ended".parse()?),
    ];
    assert_eq!(names, expected.iter().collect::<Vec<_>>());
    assert_eq!(json!(envelopes[1].data()), json!({"seconds": 31}));
    Ok(())
}

async fn the_checker_knows_its_names(_: &Cx) -> Result<()> {
    let code = "<script>
        c2c.on('chat.closed', f); c2c.on('chat_closed', f); c2c.on('call_ended', f);
        c2c.emit('videoplayed'); c2c.emit('call_ended');
      </script>";
    let snippets = Snippets::head(code);
    let checked = template(&catalogue()).check(snippets, &Limits::default())?;
    let messages: Vec<&str> =
        checked.diagnostics().iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "there is no widget event `chat_closed` (did you mean `chat.closed`?)",
            "there is no widget event `call_ended`: this `c2c.on` does nothing",
            "`videoplayed` is not a valid name of a custom event",
        ]
    );
    Ok(())
}
