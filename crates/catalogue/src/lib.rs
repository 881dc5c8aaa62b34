//! c2c-catalogue
