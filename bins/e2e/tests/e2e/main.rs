//! Tests of the whole product in real browsers. The crate's documentation explains how to write
//! one.
//!
//! `cargo test -p c2c-e2e [-- <part of a name>]`, or as a step of `cargo xtask test`.

mod steps;

mod access; // who gets into the console, and who may do what there
mod allow_list; // a document with known hosts loads from no others

mod another_catalogue; // a provider with other events
mod app_hosts; // a host of the sandbox for each app
mod bridge; // which windows may speak to which, and that the frame cannot forge or break messages
mod checker; // the checker: dead types are dead, and repaired code runs
mod collect; // the widget's events on their way to a server
mod console; // paste, see problems, fix them, save, watch events fire
mod console_focus; // typing in the console goes on when the preview takes the focus
mod deliveries_console; // deliveries are followed and sent again, and events deleted
mod diagnostics; // the diagnostics that the author of custom code gets
mod drafts; // typed text is never lost
mod editor; // the code editor, with and without its library
mod embedded; // the facade in servers of other makes, and the README's example
mod environment; // the features of an origin are there and work, or are absent
mod examples; // the examples of the documentation
mod floods; // a flood costs the widget nothing, and no event is lost
mod flow; // the product's main job, through all three levels
mod focus; // an invisible frame does not get the visitor's typing
mod forged_diagnostics; // the frame cannot abuse diagnostics
mod frame_api; // `window.c2c` as custom code uses it
mod framing; // the console in a page of the provider's product
mod hangs; // a frame that hangs costs the page nothing but the frame
mod harness; // the harness itself: probes succeed where nothing stops them
mod history; // custom code's entries in the tab's history, and how a page steps over them
mod hold; // events wait for the document
mod host; // the host script's guarantees to the widget
mod hostile; // typed text is only ever text in the console
mod injector; // the checker's verdicts against a browser's
mod integrations; // events all the way to a customer's server
mod integrations_console; // endpoints are added, asked and tried, and what they answer is text
mod isolation; // custom code cannot leave its sandbox, with a control for each probe
mod jar; // the frame's own cookies and storage
mod leaving; // a page closes at once, and tags can send their last requests
mod mutants; // a test notices each missing check of the host's driver
mod page; // custom code's knowledge of the page around the widget
mod polluted; // polluted prototypes change nothing
mod port; // the port to the widget is out of custom code's reach
mod preview_links; // drafts that links show on integrators' pages
mod previews; // drafts in the console, and the examples that it offers
mod publication; // from a paste to visitors and back: staging, history, switching off
mod requests; // the requests and ignored calls in the timeline, and the verdict
mod screens; // checks on every screen
mod scrolls; // the visitor's page stays where it is
mod sdks; // vendors' SDKs as published, with and without the jar
mod stalls; // the visitor never waits for custom code
mod states; // a frame's life: consent, leaving, restarts, the kept jar
mod timeline; // the live preview and its timeline
mod timers; // the shim's delayed work depends on no timer that custom code can clear
mod vectors; // the host script's rules against the vectors that the Rust code passes too
mod vendors; // vendors' tags that act, and the examples with them
mod verdicts; // the words and bounds of the console about a run
mod without_running; // the console can be opened and the code changed, whatever the code does

use c2c_harness::Engine;

/// Everything that runs in visitors' browsers, and its foundations: must hold in each.
const VISITORS: &[Engine] = &Engine::ALL;
/// Engines with separate processes for frames of other sites. In `WebKitGTK` the loop of a frame
/// takes the page's own time.
const FRAMES_APART: &[Engine] = &[Engine::Chromium, Engine::Firefox];
/// The console is a tool for people who can choose their browser.
const CONSOLE: &[Engine] = &[Engine::Chromium];

fn main() -> std::process::ExitCode {
    c2c_harness::run(
        &[
            ("access", VISITORS, access::TESTS),
            ("allow_list", VISITORS, allow_list::TESTS),
            ("another_catalogue", VISITORS, another_catalogue::TESTS),
            ("app_hosts", VISITORS, app_hosts::TESTS),
            ("app_hosts_processes", FRAMES_APART, app_hosts::PROCESSES),
            ("bridge", VISITORS, bridge::TESTS),
            ("checker", VISITORS, checker::TESTS),
            ("collect", VISITORS, collect::TESTS),
            ("console", CONSOLE, console::TESTS),
            ("console_focus", VISITORS, console_focus::TESTS),
            ("deliveries_console", VISITORS, deliveries_console::TESTS),
            ("diagnostics", VISITORS, diagnostics::TESTS),
            ("drafts", CONSOLE, drafts::TESTS),
            ("editor", CONSOLE, editor::TESTS),
            ("embedded", VISITORS, embedded::TESTS),
            ("environment", VISITORS, environment::TESTS),
            ("examples", VISITORS, examples::TESTS),
            ("floods", VISITORS, floods::UNTIMED),
            ("flow", VISITORS, flow::TESTS),
            ("focus", VISITORS, focus::TESTS),
            ("forged_diagnostics", VISITORS, forged_diagnostics::TESTS),
            ("framing", VISITORS, framing::TESTS),
            ("framing_sessions", FRAMES_APART, framing::SESSIONS),
            ("frame_api", VISITORS, frame_api::TESTS),
            ("hangs", &[Engine::WebKit], hangs::TESTS),
            ("harness", VISITORS, harness::TESTS),
            ("harness_reuse", FRAMES_APART, harness::REUSE),
            ("history", VISITORS, history::TESTS),
            ("hold", VISITORS, hold::TESTS),
            ("host", VISITORS, host::TESTS),
            ("hostile", CONSOLE, hostile::TESTS),
            ("injector", VISITORS, injector::TESTS),
            ("integrations", VISITORS, integrations::TESTS),
            ("integrations_console", VISITORS, integrations_console::TESTS),
            ("isolation", VISITORS, isolation::TESTS),
            ("jar", VISITORS, jar::TESTS),
            ("leaving", &[Engine::WebKit], leaving::LOOPS),
            ("leaving", &[Engine::Firefox, Engine::WebKit], leaving::TESTS),
            ("mutants", VISITORS, mutants::TESTS),
            ("page", VISITORS, page::TESTS),
            ("polluted", VISITORS, polluted::TESTS),
            ("port", VISITORS, port::TESTS),
            ("preview_links", VISITORS, preview_links::TESTS),
            ("previews", CONSOLE, previews::TESTS),
            ("publication", VISITORS, publication::TESTS),
            ("screens", CONSOLE, screens::TESTS),
            ("requests", VISITORS, requests::TESTS),
            ("scrolls", VISITORS, scrolls::TESTS),
            ("sdks", VISITORS, sdks::TESTS),
            ("stalls", FRAMES_APART, stalls::UNTIMED),
            ("states", VISITORS, states::TESTS),
            ("timeline", CONSOLE, timeline::TESTS),
            ("timers", VISITORS, timers::TESTS),
            ("vectors", VISITORS, vectors::TESTS),
            ("vendors", VISITORS, vendors::TESTS),
            ("verdicts", CONSOLE, verdicts::TESTS),
            ("without_running", VISITORS, without_running::TESTS),
            ("without_running_chromium", &[Engine::Chromium], without_running::CHROMIUM),
            ("without_running_hung", FRAMES_APART, without_running::HUNG),
        ],
        // These run alone.
        &[
            ("floods", VISITORS, floods::TESTS),
            // In WebKit it waits for a report that cannot come.
            ("hangs", FRAMES_APART, hangs::TESTS),
            // In WebKit the loops take all of their four seconds, or none.
            ("leaving", FRAMES_APART, leaving::LOOPS),
            // In Chromium a frame has 150 ms to answer while its page is being left, or it is gone.
            ("leaving", &[Engine::Chromium], leaving::TESTS),
            ("leaving_pins", &[Engine::Chromium], leaving::PINS),
            ("stalls", FRAMES_APART, stalls::TESTS),
            ("stall_controls", &[Engine::Chromium], stalls::CONTROLS),
        ],
    )
}
