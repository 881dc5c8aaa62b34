//! c2c-bridge
