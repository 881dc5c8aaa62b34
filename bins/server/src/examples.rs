//! Custom code to start from, which the console offers.

use c2c::Area;
use serde::Serialize;

/// A snippet that does something useful as soon as its placeholders are replaced.
#[derive(Debug, Serialize)]
pub(crate) struct Example {
    /// A stable id, for tests and links.
    id: &'static str,
    title: &'static str,
    /// The example's purpose, for people who do not read code.
    summary: &'static str,
    /// The area that it belongs in.
    area: Area,
    code: &'static str,
}

/// All examples, most wanted first.
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
        summary: "Tells Meta that the widget was seen, and reports a contact when a call starts and a lead when it ends.",
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
        id: "ga4-beside",
        title: "Google Analytics 4, beside your page’s own",
        summary: "For a page that has Google Analytics itself: calls belong to the visit that it counts, and no view is counted twice.",
        area: Area::Head,
        code: include_str!("../pages/examples/ga4-beside.html"),
    },
    Example {
        id: "google-ads",
        title: "Google Ads",
        summary: "Counts a call as a conversion of the ad that brought the visitor.",
        area: Area::Head,
        code: include_str!("../pages/examples/google-ads.html"),
    },
    Example {
        id: "linkedin",
        title: "LinkedIn",
        summary: "Counts a call as a conversion in LinkedIn’s Campaign Manager.",
        area: Area::Head,
        code: include_str!("../pages/examples/linkedin.html"),
    },
    Example {
        id: "microsoft-ads",
        title: "Microsoft Advertising",
        summary: "Reports calls to Microsoft Advertising, as events that a conversion goal can count.",
        area: Area::Head,
        code: include_str!("../pages/examples/microsoft-ads.html"),
    },
    Example {
        id: "tiktok",
        title: "TikTok Pixel",
        summary: "Tells TikTok that the widget was seen, and reports a contact when a visitor starts a call.",
        area: Area::Head,
        code: include_str!("../pages/examples/tiktok.html"),
    },
    Example {
        id: "clarity",
        title: "Microsoft Clarity",
        summary: "Marks calls in Clarity. It cannot record clicks on your page: it sees only the invisible page that this code runs in.",
        area: Area::Head,
        code: include_str!("../pages/examples/clarity.html"),
    },
    Example {
        id: "consent",
        title: "Consent Mode",
        summary: "Tells Google’s tags what the visitor has agreed to. Insert it before them.",
        area: Area::Head,
        code: include_str!("../pages/examples/consent.html"),
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
