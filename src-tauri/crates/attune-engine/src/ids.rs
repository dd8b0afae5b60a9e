//! Ids: a prefix that says what it names, and a ULID.
//!
//! Invariant: an id is written in one way only, so that equal ids are equal texts.

/// Declares the id of a kind of thing. Clients may make ids, so that a repeated request is recognised.
macro_rules! prefixed_id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn generate() -> Self {
                Self(format!(concat!($prefix, "{}"), ulid::Ulid::generate()))
            }

            /// # Errors
            /// [`InvalidField`](crate::Error::InvalidField) if it is not the prefix and a ULID in its usual spelling.
            pub fn parse(text: &str) -> crate::Result<Self> {
                let ulid = text.strip_prefix($prefix).and_then(|rest| ulid::Ulid::from_string(rest).ok());
                match ulid {
                    Some(ulid) if text == format!(concat!($prefix, "{}"), ulid) => Ok(Self(text.to_owned())),
                    _ => Err(crate::Error::InvalidField {
                        field: "id",
                        value: format!("{text:?}"),
                        reason: concat!("an id is ", $prefix, " followed by a ULID"),
                    }),
                }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

pub(crate) use prefixed_id;
