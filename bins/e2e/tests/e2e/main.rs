//! Tests of the whole product in real browsers. How to write one: see the crate's documentation.
//!
//! `cargo test -p c2c-e2e [-- <part of a name>]`, or as a step of `cargo xtask test`.

mod steps;

mod allow_list; // a document whose hosts are known loads from no others
mod bridge; // who may speak to whom, and what the frame cannot forge or break
mod console; // paste, see what is wrong, mend it, save, watch it fire
mod console_focus; // who types in the console goes on typing
mod diagnostics; // what the person who wrote custom code is told of it
mod drafts; // nothing that a person typed is lost
mod environment; // what belongs to an origin is there and works, or is absent
mod examples; // what the documentation tells customers to paste
mod floods; // what a flood costs the widget, and what it loses: nothing
mod flow; // the product's main job, through all three levels
mod focus; // an invisible frame does not get what the visitor types
mod forged_diagnostics; // the frame cannot abuse what is told of it
mod frame_api; // `window.c2c`, as custom code meets it
mod hangs; // what a frame that hangs costs the page: nothing but the frame
mod harness; // the harness itself: what a probe can do where nothing stops it
mod history; // what custom code adds to the tab's history, and how a page steps over it
mod hold; // events wait for the document
mod host; // what the host script promises to the widget
mod hostile; // whatever anybody typed is only ever text in the console
mod injector; // the checker's verdicts against a browser's
mod isolation; // what custom code cannot do, each beside the control that can
mod jar; // the frame's own cookies and storage
mod leaving; // a page closes at once, and tags say their last word
mod mutants; // each check of the host's driver is missed by a test if it is not there
mod page; // what custom code knows of the page around the widget
mod polluted; // what prototypes say changes nothing
mod port; // the port to the widget is out of custom code's reach
mod previews; // drafts in the console, and the examples that it offers
mod screens; // what holds on every screen
mod scrolls; // the visitor's page stays where it is
mod sdks; // vendors' SDKs as published, with and without the jar
mod stalls; // the visitor never waits for custom code
mod states; // how a frame comes and goes: consent, leaving, restarts, the kept jar
mod timeline; // the live preview, and what is said of it
mod timers; // what the shim does later depends on no timer that custom code can clear
mod vectors; // the host script's rules against the vectors that the Rust code passes too
mod vendors; // vendors' tags that act, and the examples with them
mod without_running; // the console can be opened and the code changed, whatever it does

use c2c_e2e::Engine;

/// What runs in visitors' browsers, and what it rests on: must hold in each.
const VISITORS: &[Engine] = &Engine::ALL;
/// Have processes for frames of other sites. In `WebKitGTK` the loop of a frame takes the page's own time.
const FRAMES_APART: &[Engine] = &[Engine::Chromium, Engine::Firefox];
/// A tool for people who can choose their browser.
const CONSOLE: &[Engine] = &[Engine::Chromium];

fn main() -> std::process::ExitCode {
    c2c_e2e::run(
        &[
            ("allow_list", VISITORS, allow_list::TESTS),
            ("bridge", VISITORS, bridge::TESTS),
            ("console", CONSOLE, console::TESTS),
            ("console_focus", VISITORS, console_focus::TESTS),
            ("diagnostics", VISITORS, diagnostics::TESTS),
            ("drafts", CONSOLE, drafts::TESTS),
            ("environment", VISITORS, environment::TESTS),
            ("examples", VISITORS, examples::TESTS),
            ("floods", VISITORS, floods::TESTS),
            ("flow", VISITORS, flow::TESTS),
            ("focus", VISITORS, focus::TESTS),
            ("forged_diagnostics", VISITORS, forged_diagnostics::TESTS),
            ("frame_api", VISITORS, frame_api::TESTS),
            ("hangs", VISITORS, hangs::TESTS),
            ("harness", VISITORS, harness::TESTS),
            ("harness_reuse", FRAMES_APART, harness::REUSE),
            ("history", VISITORS, history::TESTS),
            ("hold", VISITORS, hold::TESTS),
            ("host", VISITORS, host::TESTS),
            ("hostile", CONSOLE, hostile::TESTS),
            ("injector", VISITORS, injector::TESTS),
            ("isolation", VISITORS, isolation::TESTS),
            ("jar", VISITORS, jar::TESTS),
            ("leaving", VISITORS, leaving::TESTS),
            ("leaving_pins", &[Engine::Chromium], leaving::PINS),
            ("mutants", VISITORS, mutants::TESTS),
            ("page", VISITORS, page::TESTS),
            ("polluted", VISITORS, polluted::TESTS),
            ("port", VISITORS, port::TESTS),
            ("previews", CONSOLE, previews::TESTS),
            ("screens", CONSOLE, screens::TESTS),
            ("scrolls", VISITORS, scrolls::TESTS),
            ("sdks", VISITORS, sdks::TESTS),
            ("stalls", FRAMES_APART, stalls::TESTS),
            ("stall_controls", &[Engine::Chromium], stalls::CONTROLS),
            ("states", VISITORS, states::TESTS),
            ("timeline", CONSOLE, timeline::TESTS),
            ("timers", VISITORS, timers::TESTS),
            ("vectors", VISITORS, vectors::TESTS),
            ("vendors", VISITORS, vendors::TESTS),
            ("without_running", VISITORS, without_running::TESTS),
            ("without_running_chromium", &[Engine::Chromium], without_running::CHROMIUM),
            ("without_running_hung", FRAMES_APART, without_running::HUNG),
        ],
        &["floods", "hangs", "leaving", "leaving_pins", "stalls", "stall_controls"],
    )
}
