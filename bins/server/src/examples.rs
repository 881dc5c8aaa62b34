//! Custom code to begin with, which the console offers.

use c2c_injector::Area;
use serde::Serialize;

/// A snippet that does something useful as soon as its placeholders are replaced.
#[derive(Debug, Serialize)]
pub(crate) struct Example {
    /// Stable, for tests and links.
    id: &'static str,
    title: &'static str,
    /// What it does, for somebody who does not read code.
    summary: &'static str,
    /// Where it belongs.
    area: Area,
    code: &'static str,
}

/// All examples, the most wanted first.
pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        id: "ga4",
        title: "Google Analytics 4",
        summary: "Counts calls in Google Analytics, with how long they took, who hung up, and how visitors rated them.",
        area: Area::Head,
        code: include_str!("../pages/examples/ga4.html"),
    },
    Example {
        id: "meta-pixel",
        title: "Meta Pixel",
        summary: "Tells Meta that the widget was seen, and reports a lead when a visitor starts a call.",
        area: Area::Head,
        code: include_str!("../pages/examples/meta-pixel.html"),
    },
    Example {
        id: "gtm",
        title: "Google Tag Manager",
        summary: "Loads your container and tells it when a call starts and ends, so that your own triggers can react.",
        area: Area::Head,
        code: include_str!("../pages/examples/gtm.html"),
    },
    Example {
        id: "custom-event",
        title: "An event of your own",
        summary: "Tells the page around the widget about something that only you can name, such as a call long enough to count.",
        area: Area::BodyEnd,
        code: include_str!("../pages/examples/custom-event.html"),
    },
    Example {
        id: "conditional",
        title: "Only for some calls",
        summary: "Sends a note to your own server, but only for gold customers whose call took more than 30 seconds.",
        area: Area::BodyEnd,
        code: include_str!("../pages/examples/conditional.html"),
    },
];
