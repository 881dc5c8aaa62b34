//! The sandboxing flags, spelt alike for the iframe's attribute and for the header.

/// The one token that the frame gets
/// ([HTML §7.1.5](https://html.spec.whatwg.org/multipage/browsers.html#sandboxing)).
///
/// Everything else that the standard knows stays refused. Above all `allow-same-origin`: together
/// with `allow-scripts` it would let custom code remove its own sandbox.
pub(crate) const TOKENS: &str = "allow-scripts";
