//! What a file says its network looks like, for the families that are read.
//!
//! Invariant: every number of a [`Shape`] is within bounds that keep later arithmetic from overflowing.

use super::ChatError;
use super::header::Header;

/// How queries and keys are turned by their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rotation {
    /// Each value with its neighbour, as files of Llama are laid out.
    Neighbours,
    /// Each value of the first half with that of the second, as in Qwen.
    Halves,
}

/// A decoder of the Llama and Qwen families.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub(super) layers: usize,
    pub(super) width: usize,
    pub(super) inner: usize,
    pub(super) heads: usize,
    pub(super) key_heads: usize,
    pub(super) head_width: usize,
    /// Tokens that it was made for.
    pub(super) context: usize,
    pub(super) epsilon: f32,
    pub(super) rotation: Rotation,
    pub(super) rotation_base: f32,
    /// Whether queries, keys and values have a bias (Qwen 2).
    pub(super) biases: bool,
    /// Whether queries and keys are normalised (Qwen 3).
    pub(super) normalised_heads: bool,
}

impl Shape {
    pub(super) fn of(header: &Header) -> Result<Self, ChatError> {
        let family = header.text("general.architecture")?;
        let rotation = match family {
            "llama" => Rotation::Neighbours,
            "qwen2" | "qwen3" => Rotation::Halves,
            found => {
                return Err(ChatError::Unsupported {
                    key: "general.architecture".to_owned(),
                    found: format!("{found:?}"),
                    needed: "llama, qwen2 or qwen3",
                });
            }
        };
        let key = |name: &str| format!("{family}.{name}");
        let heads = header.count(&key("attention.head_count"), 1, 512)?;
        let width = header.count(&key("embedding_length"), 1, 1 << 16)?;
        let key_heads = match header.number(&key("attention.head_count_kv"))? {
            None => heads,
            Some(_) => header.count(&key("attention.head_count_kv"), 1, heads)?,
        };
        let head_width = match header.number(&key("attention.key_length"))? {
            None => width / heads,
            Some(_) => header.count(&key("attention.key_length"), 2, 1 << 10)?,
        };
        let shape = Self {
            layers: header.count(&key("block_count"), 1, 512)?,
            width,
            inner: header.count(&key("feed_forward_length"), 1, 1 << 20)?,
            heads,
            key_heads,
            head_width,
            context: header.count(&key("context_length"), 1, 1 << 24)?,
            epsilon: header.number(&key("attention.layer_norm_rms_epsilon"))?.unwrap_or(1e-5) as f32,
            rotation,
            rotation_base: header.number(&key("rope.freq_base"))?.unwrap_or(10_000.0) as f32,
            biases: family == "qwen2",
            normalised_heads: family == "qwen3",
        };
        shape.refuse_what_is_not_computed(header, &key)?;
        Ok(shape)
    }

    /// What would be computed wrongly without a word.
    fn refuse_what_is_not_computed(
        &self,
        header: &Header,
        key: &impl Fn(&str) -> String,
    ) -> Result<(), ChatError> {
        let refuse =
            |name: &str, found: String, needed| Err(ChatError::Unsupported { key: key(name), found, needed });
        if !self.heads.is_multiple_of(self.key_heads) {
            return refuse("attention.head_count_kv", self.key_heads.to_string(), "a part of the heads");
        }
        if self.head_width < 2 || !self.head_width.is_multiple_of(2) {
            return refuse("attention.key_length", self.head_width.to_string(), "an even number");
        }
        if !(self.rotation_base > 0.0 && self.epsilon > 0.0) {
            return refuse("rope.freq_base", self.rotation_base.to_string(), "a number above 0");
        }
        for (name, needed) in
            [("attention.value_length", "that of the keys"), ("rope.dimension_count", "the whole of a head")]
        {
            if let Some(found) = header.number(&key(name))?.filter(|found| *found != self.head_width as f64) {
                return refuse(name, found.to_string(), needed);
            }
        }
        if let Some(found) = header.number(&key("expert_count"))?.filter(|found| *found > 0.0) {
            return refuse("expert_count", found.to_string(), "none: mixtures of experts are not read");
        }
        let scaling = key("rope.scaling.type");
        if header.entries.contains_key(&scaling) {
            let found = header.text(&scaling)?;
            if found != "none" {
                return refuse("rope.scaling.type", format!("{found:?}"), "none");
            }
        }
        Ok(())
    }

    pub(super) fn query_width(&self) -> usize {
        self.heads * self.head_width
    }

    pub(super) fn key_width(&self) -> usize {
        self.key_heads * self.head_width
    }
}
