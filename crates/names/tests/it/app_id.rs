//! The form of app ids.

use c2c_names::AppId;

#[test]
fn ids_that_need_no_escaping_are_taken() {
    for id in ["demo", "a", "0", "shop-2", &"x".repeat(64)] {
        assert_eq!(id.parse::<AppId>().map(String::from), Ok(id.to_owned()));
    }
}

#[test]
fn everything_else_is_refused() {
    for id in
        ["", "-a", "a-", "A", "a_b", "a b", "a/b", "..", "a\0", "a\n", "caf\u{e9}", &"x".repeat(65)]
    {
        let error = id.parse::<AppId>().expect_err(id).to_string();
        assert!(error.contains("is not an app id: 1 to 64 characters"), "{error}");
    }
}
