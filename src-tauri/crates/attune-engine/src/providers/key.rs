//! A key of an endpoint, which nothing but a request to its own host may show.
//!
//! Not here: where keys are kept (`keychain`), which host one belongs to (`client`).
//! Invariant: no text that is made of a [`Key`] holds it, save the header of a request.

use std::fmt;

use super::EndpointError;

const MOST_CHARACTERS: usize = 4096;

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(hidden)")
    }
}

impl Key {
    /// # Errors
    /// [`EndpointError::KeyForm`] for a text that no header can carry, which is not repeated.
    pub(crate) fn new(text: &str) -> Result<Self, EndpointError> {
        let refused = |reason| EndpointError::KeyForm { reason };
        let text = text.trim();
        if text.is_empty() {
            return Err(refused("it is empty"));
        }
        if text.len() > MOST_CHARACTERS {
            return Err(refused("it is longer than 4096 characters"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused("it holds characters that no key has"));
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// For the keychain alone.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// The text with something else in the place of the key, as a server may repeat what it was sent.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_no_text_that_is_made_of_it() {
        let key = Key::new(" sk-secret\n").unwrap();
        assert_eq!(format!("{key:?} {:#?}", Some(&key)), "Key(hidden) Some(\n    Key(hidden),\n)");
        assert_eq!(key.hidden_in("no such key: sk-secret!"), "no such key: [key]!");
        for given in ["", "  ", "sk-secret\r\nHost: other", "sk-secrét", &"secret".repeat(1000)] {
            let refused = Key::new(given).unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("secr"), "{refused:?}");
        }
    }
}
