//! How a delivery ended, and why. Nothing ends without one of these.

use crate::words::words;

words! {
    /// How a delivery ended. One that has not ended is *pending*.
    Outcome {
        /// The endpoint answered with a 2xx status.
        Delivered = "delivered",
        /// It must not or cannot be sent: the endpoint is gone, or the event was deleted.
        Refused = "refused",
        /// All attempts failed, or its time was over: a dead letter, which can be replayed.
        Expired = "expired",
        /// It was never to be sent, by the filter or the visitor's consent, or since the endpoint had not agreed.
        Suppressed = "suppressed",
    }
}

words! {
    /// Why a delivery ended as it did, or the result of an attempt.
    Reason {
        /// A 2xx status.
        Success = "success",
        /// The status 410: the endpoint wants no more events.
        Gone = "gone",
        /// Another status than 2xx and 410.
        Status = "status",
        /// No answer in time.
        Timeout = "timeout",
        /// The name has no address.
        Dns = "dns",
        /// An address that the name has must not be called.
        AddressRefused = "address-refused",
        /// No connection.
        Connect = "connect",
        /// No TLS: the certificate, its name or the protocol.
        Tls = "tls",
        /// The answer is not HTTP/1.1, its head is too large, or the connection ended.
        Protocol = "protocol",
        /// The endpoint's settings cannot be read, or its secret cannot be opened.
        Settings = "settings",
        /// The vendor refused the event.
        Vendor = "vendor",
        /// The vendor refused the credentials.
        Credentials = "credentials",
        /// The endpoint was removed.
        EndpointRemoved = "endpoint-removed",
        /// The endpoint was paused until the event was too old.
        Paused = "paused",
        /// The endpoint was disabled until the event was too old.
        Disabled = "disabled",
        /// The event is older than the receiver takes.
        TooOld = "too-old",
        /// The event's body was deleted, since its time to be kept was over.
        Retention = "retention",
        /// The event was deleted on request.
        Forgotten = "forgotten",
        /// The endpoint's filter does not name the event.
        Filter = "filter",
        /// The endpoint has not agreed to get events.
        NotAgreed = "not-agreed",
        /// The visitor did not agree.
        Consent = "consent",
        /// The event has no id of a client, which the vendor needs.
        NoClientId = "no-client-id",
        /// The event has nothing that tells the vendor about a person.
        NoUserData = "no-user-data",
        /// The endpoint's mapping has nothing for the event.
        Mapping = "mapping",
    }
}
