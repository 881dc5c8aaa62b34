//! One browser session with a fresh profile, and the actions of tests in it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::wd::{WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, Locator};
use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::DEADLINE;
use crate::collector::Collector;
use crate::driver::Driver;
use crate::engine::{Engine, Programs};
use crate::error::{Context as _, Error, Result};
use crate::options::Options;
use crate::process::POLL;
use crate::reach::Reach;
use crate::session::{Deadlines, Session};
use crate::way::Way;

/// Deadlines of a driver. (Firefox takes more than 5 s to end on a busy machine.)
const DEADLINES: Deadlines =
    Deadlines { start: Duration::from_mins(1), command: Duration::from_mins(1), close: DEADLINE };
/// Attempts to start a session.
const STARTS: usize = 2;
/// Pause between keys of a fast typist.
const KEY_PAUSE: Duration = Duration::from_millis(20);
/// Whether the current frame's document has loaded, and all of its scripts have run.
const LOADED: &str = "document.readyState === 'complete'";
/// Most characters of a document that an error shows.
const EXCERPT_CHARS: usize = 2_000;

/// One line of the browser's console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleLine {
    /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`.
    pub level: String,
    /// The text, with its source position in front where the browser knows it.
    pub message: String,
}

impl fmt::Display for ConsoleLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level, self.message)
    }
}

/// A running browser.
///
/// Scripts, elements and frames belong to the *current* frame, which is the top document after
/// [`goto`](Self::goto) and changes with [`enter_frame`](Self::enter_frame) and its siblings.
#[derive(Debug)]
pub struct Browser {
    engine: Engine,
    session: Session,
    console: Mutex<Vec<ConsoleLine>>,
    /// The size of the window before it was first changed.
    size: Mutex<Option<(u32, u32)>>,
}

impl Browser {
    /// Starts a browser with a fresh profile that reaches only this machine and the hosts that
    /// `collector` stands in for.
    pub async fn start(engine: Engine, collector: &Collector, options: &Options) -> Result<Self> {
        Self::begin(engine, Reach::Collector(collector), options).await
    }

    /// Starts a browser with a fresh profile and the machine's own access to the web, to look at a
    /// page that is somewhere else. No test uses it.
    /// With a way, it reaches the deployment at its end instead.
    pub async fn start_on_the_web(engine: Engine, way: Option<&Way>) -> Result<Self> {
        Self::begin(engine, way.map_or(Reach::Web, Reach::Deployment), &Options::default()).await
    }

    #[expect(clippy::print_stderr, reason = "the reader of the run must know")]
    async fn begin(engine: Engine, reach: Reach<'_>, options: &Options) -> Result<Self> {
        let programs = engine.programs()?;
        let mut starts = 1;
        loop {
            match Self::begin_once(engine, &programs, reach, options).await {
                // About once in several hundred starts, WebKit's driver closes the connection
                // without an answer, for an unknown reason. No page has been opened by then, so
                // another session is started. The restart is printed, so that it is not taken for
                // normal.
                Err(error) if starts < STARTS && error.to_string().contains("did not respond") => {
                    eprintln!("STARTED AGAIN: {error}");
                    starts += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn begin_once(
        engine: Engine,
        programs: &Programs,
        reach: Reach<'_>,
        options: &Options,
    ) -> Result<Self> {
        let driver = Driver::start(engine, programs, reach).await?;
        let profile = driver.process.dir().join("profile");
        let capabilities = engine.capabilities(programs, &profile, reach, options);
        let session = Session::begin(driver, capabilities, DEADLINES).await.context(engine)?;
        Ok(Self { engine, session, console: Mutex::default(), size: Mutex::default() })
    }

    /// The engine that this browser is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Whether a command was not answered in time. Its processes were ended then, and every later
    /// command fails.
    pub fn is_lost(&self) -> bool {
        self.session.is_lost()
    }

    /// Ends the browser and waits until all of its processes are gone.
    pub async fn close(self) -> Result<()> {
        self.session.close().await
    }

    // ---- pages ----

    /// Opens `url` in the current window, waits for its `load`, and makes it the current frame.
    pub async fn goto(&self, url: &str) -> Result<()> {
        // Not `Client::goto`: it resolves relative to the current page, which may be `about:blank`.
        self.command(Method::POST, "url", Some(json!({"url": url})))
            .await
            .context(format_args!("cannot open {url}"))?;
        if self.engine == Engine::WebKit {
            // Its driver sometimes answers before the modules of a page have run.
            self.wait_for(LOADED, DEADLINE).await?;
        }
        Ok(())
    }

    /// The URL of the top document.
    pub async fn url(&self) -> Result<String> {
        let url = self.command(Method::GET, "url", None).await?;
        Ok(url.as_str().unwrap_or_default().to_owned())
    }

    /// Loads the current page again.
    pub async fn reload(&self) -> Result<()> {
        self.session.ask("loading the page again", async |client| client.refresh().await).await
    }

    /// Waits until the top document's URL is `url`.
    pub async fn wait_for_url(&self, url: &str, deadline: Duration) -> Result<()> {
        let end = Instant::now() + deadline;
        loop {
            let now = self.url().await?;
            if now == url {
                return Ok(());
            }
            if Instant::now() > end {
                let message = format!("the page is {now} and not {url} after {deadline:?}");
                return Err(Error::new(message));
            }
            sleep(POLL).await;
        }
    }

    // ---- scripts ----

    /// Returns the value of a JavaScript expression: `undefined` becomes `null`, a promise is
    /// awaited.
    ///
    /// Fails when the document went away meanwhile. Firefox's driver answers `null` then, which is
    /// not the expression's value.
    pub async fn eval(&self, expression: &str) -> Result<Value> {
        let script = format!(
            "const value = ({expression}\n);
            return typeof value?.then === 'function' ? value.then((value) => [value]) : [value];"
        );
        let Value::Array(mut answer) = self.run(&script, &[]).await? else {
            let expression = shortened(expression, 200);
            let message = format!("the document went away before it answered `{expression}`");
            return Err(Error::new(message));
        };
        Ok(answer.pop().unwrap_or_default())
    }

    /// Runs a function body with `arguments`, and returns its return value.
    pub async fn run(&self, body: &str, arguments: &[Value]) -> Result<Value> {
        let what = format!("script `{}`", shortened(body, 200));
        let arguments = arguments.to_vec();
        self.session.ask(what, async |client| client.execute(body, arguments).await).await
    }

    /// Evaluates `condition` until it is truthy, and returns that value.
    ///
    /// A condition that throws is not true *yet*. After `deadline` the error shows the condition's
    /// last value, the page's URL and beginning, and the console where the engine provides it.
    pub async fn wait_for(&self, condition: &str, deadline: Duration) -> Result<Value> {
        let script = format!("const value = ({condition}\n); return [Boolean(value), value];");
        let end = Instant::now() + deadline;
        loop {
            let what = format!("waiting for `{condition}`");
            let last = self.session.ask(what, async |client| or_thrown(client, &script).await);
            let last = match last.await? {
                Value::Array(pair) if pair.first() == Some(&Value::Bool(true)) => {
                    return Ok(pair.into_iter().nth(1).unwrap_or_default());
                }
                Value::Array(pair) => format!("was {}", pair.get(1).unwrap_or(&Value::Null)),
                Value::String(thrown) => format!("threw {thrown}"),
                other => format!("gave {other}"),
            };
            if Instant::now() > end {
                let report = self.report().await;
                return Err(Error::new(format!(
                    "`{condition}` {last} after {deadline:?}\n{report}"
                )));
            }
            sleep(POLL).await;
        }
    }

    // ---- frames ----

    /// Waits for the frame that `css` selects in the current frame, and makes it the current one.
    pub async fn enter_frame(&self, css: &str) -> Result<()> {
        let frame = self.find(css).await?;
        self.session.ask(format!("entering `{css}`"), async |_| frame.enter_frame().await).await
    }

    /// Makes the parent of the current frame the current one.
    pub async fn leave_frame(&self) -> Result<()> {
        let what = "leaving the frame";
        self.session.ask(what, async |client| client.enter_parent_frame().await).await
    }

    /// Makes the top document the current frame.
    pub async fn enter_top(&self) -> Result<()> {
        self.command(Method::POST, "frame", Some(json!({"id": null}))).await?;
        Ok(())
    }

    // ---- elements ----

    /// Waits up to [`DEADLINE`] for the first element that `css` selects in the current frame.
    async fn find(&self, css: &str) -> Result<Element> {
        let end = Instant::now() + DEADLINE;
        loop {
            let what = format!("finding `{css}`");
            let found =
                self.session.ask(what, async |client| match client.find(Locator::Css(css)).await {
                    Err(error) if is(&error, &ErrorStatus::NoSuchElement) => Ok(None),
                    found => found.map(Some),
                });
            if let Some(element) = found.await? {
                return Ok(element);
            }
            if Instant::now() > end {
                let report = self.report().await;
                return Err(Error::new(format!("no element `{css}` after {DEADLINE:?}\n{report}")));
            }
            sleep(POLL).await;
        }
    }

    /// Clicks in the middle of the element: a real, trusted click.
    pub async fn click(&self, css: &str) -> Result<()> {
        let element = self.find(css).await?;
        self.session.ask(format!("clicking `{css}`"), async |_| element.click().await).await
    }

    /// Returns the visible text of the element.
    pub async fn text(&self, css: &str) -> Result<String> {
        let element = self.find(css).await?;
        self.session.ask(format!("reading `{css}`"), async |_| element.text().await).await
    }

    /// Focuses the element and types `text` into it with real keys.
    pub async fn type_into(&self, css: &str, text: &str) -> Result<()> {
        let element = self.find(css).await?;
        let what = format!("typing into `{css}`");
        self.session.ask(what, async |_| element.send_keys(text).await).await
    }

    /// Types `text` with real keys, wherever the focus is.
    pub async fn type_keys(&self, text: &str) -> Result<()> {
        let keys = text.chars().fold(KeyActions::new("keyboard".to_owned()), |keys, value| {
            keys.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.perform(keys).await
    }

    /// Types `text` as a person does, wherever the focus is: key by key, with a pause after each,
    /// whether or not the page takes them.
    pub async fn type_slowly(&self, text: &str) -> Result<()> {
        for value in text.chars() {
            self.one_key([KeyAction::Down { value }, KeyAction::Up { value }]).await?;
        }
        Ok(())
    }

    /// Presses a key, wherever the focus is, and holds it down until `key_up`.
    pub async fn key_down(&self, value: char) -> Result<()> {
        self.one_key([KeyAction::Down { value }]).await
    }

    /// Releases a key that is down.
    pub async fn key_up(&self, value: char) -> Result<()> {
        self.one_key([KeyAction::Up { value }]).await
    }

    /// Performs the actions of one key, followed by a pause.
    async fn one_key(&self, actions: impl IntoIterator<Item = KeyAction>) -> Result<()> {
        let keys = KeyActions::new("keyboard".to_owned());
        let keys = actions.into_iter().fold(keys, KeyActions::then);
        // Chromium's driver waits for the page to answer the last action. A key on its way to a
        // frame that goes away is never answered.
        self.perform(keys.then(KeyAction::Pause { duration: KEY_PAUSE })).await
    }

    async fn perform(&self, keys: KeyActions) -> Result<()> {
        self.session.ask("typing", async |client| client.perform_actions(keys).await).await
    }

    // ---- cookies ----

    /// Returns the cookies of a page at `url`, also `HttpOnly` ones. Opens `url` to read them.
    pub async fn cookies_at(&self, url: &str) -> Result<Vec<Value>> {
        self.goto(url).await?;
        match self.command(Method::GET, "cookie", None).await? {
            Value::Array(cookies) => Ok(cookies),
            other => Err(Error::new(format!("no list of cookies: {other}"))),
        }
    }

    /// Opens `url` and sets a cookie there: `{"name", "value", "sameSite", …}` as in `WebDriver`.
    pub async fn set_cookie_at(&self, url: &str, cookie: Value) -> Result<()> {
        self.goto(url).await?;
        self.command(Method::POST, "cookie", Some(json!({"cookie": cookie}))).await?;
        Ok(())
    }

    // ---- windows ----

    /// The handles of all windows and tabs.
    pub async fn windows(&self) -> Result<Vec<String>> {
        let what = "listing the windows";
        let windows = self.session.ask(what, async |client| client.windows().await).await?;
        Ok(windows.into_iter().map(String::from).collect())
    }

    /// Opens an empty tab and makes it the current window.
    pub async fn new_tab(&self) -> Result<String> {
        let opened =
            self.session.ask("opening a tab", async |client| client.new_window(true).await);
        let handle = String::from(opened.await?.handle);
        self.switch_to_window(&handle).await?;
        Ok(handle)
    }

    /// Makes another window the current one.
    pub async fn switch_to_window(&self, handle: &str) -> Result<()> {
        let handle = WindowHandle::try_from(handle)?;
        let what = "changing to another window";
        self.session.ask(what, async |client| client.switch_to_window(handle).await).await
    }

    /// Closes the current window; switch to another one afterwards.
    pub async fn close_window(&self) -> Result<()> {
        self.session.ask("closing the window", async |client| client.close_window().await).await
    }

    /// Sets the outer size of the window in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let what = "asking for the size of the window";
        let size = self.session.ask(what, async |client| client.get_window_size().await).await?;
        let size = (u32::try_from(size.0)?, u32::try_from(size.1)?);
        self.size.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(size);
        self.set_size(width, height).await
    }

    /// Restores the window's initial size.
    pub(crate) async fn restore_size(&self) -> Result<()> {
        let size = self.size.lock().unwrap_or_else(PoisonError::into_inner).take();
        match size {
            Some((width, height)) => self.set_size(width, height).await,
            None => Ok(()),
        }
    }

    async fn set_size(&self, width: u32, height: u32) -> Result<()> {
        let what = format!("making the window {width} by {height}");
        self.session.ask(what, async |client| client.set_window_size(width, height).await).await
    }

    /// The current window as a PNG.
    pub async fn screenshot(&self) -> Result<Vec<u8>> {
        self.session.ask("taking a picture", async |client| client.screenshot().await).await
    }

    // ---- everything else ----

    /// Returns the URLs that the top page and all frames inside it were loaded from or requested:
    /// documents, scripts, styles, pictures, fetches and beacons, also failed ones (but not in
    /// `WebKitGTK`). `WebSocket`s, which have no entry in the resource timeline, and requests that
    /// a policy refused are not included.
    ///
    /// Afterwards the top document is the current frame.
    pub async fn requested_urls(&self) -> Result<BTreeSet<String>> {
        let urls =
            "[location.href, ...performance.getEntriesByType('resource').map(({ name }) => name)]";
        let mut found = BTreeSet::new();
        // A frame is named by its index in each of its ancestors.
        let mut frames = vec![vec![]];
        while let Some(path) = frames.pop() {
            self.enter_top().await?;
            for place in &path {
                self.command(Method::POST, "frame", Some(json!({"id": place}))).await?;
            }
            let all = self.eval(&format!("[window.length, {urls}]")).await?;
            found.extend(
                all[1]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(str::to_owned),
            );
            let inside = 0..all[0].as_u64().unwrap_or_default();
            frames.extend(inside.map(|place| [path.as_slice(), &[place]].concat()));
        }
        self.enter_top().await?;
        Ok(found)
    }

    /// Returns all console lines so far; `None` where the engine does not provide them.
    ///
    /// Chromium's driver provides those of the top document and of frames in its process. A
    /// sandboxed frame has its own process: let code in there report to the collector instead.
    pub async fn console(&self) -> Result<Option<Vec<ConsoleLine>>> {
        if self.engine != Engine::Chromium {
            return Ok(None);
        }
        let log = self.command(Method::POST, "se/log", Some(json!({"type": "browser"}))).await?;
        let mut console = self.console.lock().unwrap_or_else(PoisonError::into_inner);
        // The driver returns each line once.
        console.extend(log.as_array().into_iter().flatten().map(|line| ConsoleLine {
            level: line["level"].as_str().unwrap_or_default().to_owned(),
            message: line["message"].as_str().unwrap_or_default().to_owned(),
        }));
        Ok(Some(console.clone()))
    }

    /// Drops the console lines so far.
    pub(crate) async fn forget_console(&self) -> Result<()> {
        self.console().await?;
        self.console.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    /// Sends any `WebDriver` command, standard or vendor-specific: `path` follows `session/<id>/`.
    ///
    /// Also fails if the driver does not answer within a minute, and then ends the driver: a
    /// browser can keep a command waiting forever.
    pub async fn command(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let command = Command { method, path: path.to_owned(), body };
        let what = format!("command {path}");
        self.session.ask(what, async |client| client.issue_cmd(command).await).await
    }

    /// Describes the page for an error about something that did not happen. Best effort: it never
    /// fails.
    pub(crate) async fn report(&self) -> String {
        let url = self.url().await.unwrap_or_else(|error| error.to_string());
        let excerpt = format!(
            "location.href + '\\n' + document.documentElement.outerHTML.slice(0, {EXCERPT_CHARS})"
        );
        let document = match self.eval(&excerpt).await {
            Ok(Value::String(text)) => text,
            Ok(other) => other.to_string(),
            Err(error) => error.to_string(),
        };
        let console = match self.console().await {
            Ok(Some(lines)) if lines.is_empty() => "empty".to_owned(),
            Ok(Some(lines)) => {
                let lines: Vec<_> = lines.iter().map(ConsoleLine::to_string).collect();
                format!("\n  {}", lines.join("\n  "))
            }
            Ok(None) => format!("not given by {}", self.engine),
            Err(error) => error.to_string(),
        };
        format!("page: {url}\ncurrent frame: {document}\nconsole: {console}")
    }
}

/// Returns the value of a script, or the text of the error that ended it.
async fn or_thrown(client: Client, script: &str) -> Result<Value, CmdError> {
    match client.execute(script, vec![]).await {
        Err(error) if is(&error, &ErrorStatus::JavascriptError) || is_unloading(&error) => {
            Ok(first_line(&error).into())
        }
        answer => answer,
    }
}

/// Whether a script ended because its document went away. `WebKitWebDriver` says so of a page that
/// navigates while it loads; another document is coming then.
fn is_unloading(error: &CmdError) -> bool {
    matches!(error, CmdError::Standard(error) if error.message.contains("before the unload event"))
}

fn is(error: &CmdError, status: &ErrorStatus) -> bool {
    matches!(error, CmdError::Standard(error) if error.error == *status)
}

/// Chromium's messages end with a stack trace of its own code.
fn first_line(error: &CmdError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

fn shortened(text: &str, chars: usize) -> String {
    let mut short: String = text.chars().take(chars).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A command relative to the session.
#[derive(Debug)]
struct Command {
    method: Method,
    path: String,
    body: Option<Value>,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (self.method.clone(), self.body.as_ref().map(Value::to_string))
    }
}
