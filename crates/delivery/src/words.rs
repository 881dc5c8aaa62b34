//! Closed sets of words, as the database, the API and metrics have them.

/// The word is not one of the set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not one of {}", known.join(", "))]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// Those of the set.
    pub known: &'static [&'static str],
}

/// An enum whose values have words: `word()`, `ALL`, `Display`, `FromStr`, and serde by the same words.
macro_rules! words {
    ($(#[$docs:meta])* $name:ident { $($(#[$value_docs:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum $name {
            $($(#[$value_docs])* $value,)+
        }

        impl $name {
            /// All values, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];
            const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word, as the database, the API and metrics have it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::words::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$value),)+
                    _ => Err(crate::words::UnknownWord { word: word.to_owned(), known: Self::WORDS }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::words::UnknownWord;

            fn try_from(word: String) -> Result<Self, Self::Error> {
                word.parse()
            }
        }

        impl From<$name> for &'static str {
            fn from(value: $name) -> Self {
                value.word()
            }
        }
    };
}
pub(crate) use words;
