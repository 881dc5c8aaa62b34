//! c2c-injector
