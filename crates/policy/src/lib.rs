//! c2c-policy
