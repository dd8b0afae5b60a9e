//! Soft prompts: trainable rows placed before the encoder's input embeddings.
//!
//! Not here: how they are trained (`training`) and how they are stored (`peft`).
//! Invariant: the rows take relative positions `0..rows`, before every source token. Adapters trained under
//! another order load without an error and answer wrongly.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::f64::consts::TAU;

use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{AdapterLayout, BaseModel, Error, Result};

/// The name of the soft prompt's only tensor, PEFT's.
pub const PROMPT_TENSOR: &str = "prompt_embeddings";

/// `rows` vectors of the base model's width that stand before every source sequence.
///
/// Source: Lester, Al-Rfou, Constant 2021, "The Power of Scale for Parameter-Efficient Prompt Tuning".
#[derive(Debug, Clone, PartialEq)]
pub struct SoftPrompt {
    rows: usize,
    width: usize,
    /// Row-major, `rows * width` values.
    values: Vec<f32>,
}

impl SoftPrompt {
    /// A soft prompt of these row-major values.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] if `rows` or `width` is 0, [`Error::Length`] if the values do not fill
    /// `rows * width`, [`Error::SoftPromptNotFinite`] if one of them is not a finite number.
    pub fn new(rows: usize, width: usize, values: Vec<f32>) -> Result<Self> {
        refuse_zero("prompt_rows", rows)?;
        refuse_zero("width", width)?;
        if values.len() != rows * width {
            let (found, expected) = (values.len(), rows * width);
            return Err(Error::Length { what: "the soft prompt", found, expected });
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::SoftPromptNotFinite);
        }
        Ok(Self { rows, width, values })
    }

    /// Starts from the embeddings of `text` and its end-of-sequence token, repeated until `rows` are filled
    /// or cut where they are (PEFT's `TEXT` initialisation).
    ///
    /// # Errors
    /// [`Error::EmptyInitialText`] if the text is blank, [`Error::InvalidSetting`] if `rows` is 0.
    pub fn from_text(base: &BaseModel, text: &str, rows: usize) -> Result<Self> {
        let tokens = base.tokenizer().encode_whole(text)?;
        // The end-of-sequence token alone is no start.
        let tokens = if tokens.len() > 1 { tokens } else { Vec::new() };
        Self::from_repeated_tokens(base, tokens, rows)
    }

    /// Starts from what should be answered: the different texts of `outputs`, the most frequent first (among
    /// equals the earlier), each with its end-of-sequence token, repeated until `rows` are filled or cut where
    /// they are.
    ///
    /// Source: Lester et al. 2021, section 3.2 ("class label" initialisation), for outputs of any length.
    ///
    /// # Errors
    /// [`Error::EmptyInitialText`] if every output is blank, [`Error::InvalidSetting`] if `rows` is 0.
    pub fn from_outputs<'t>(
        base: &BaseModel,
        outputs: impl IntoIterator<Item = &'t str>,
        rows: usize,
    ) -> Result<Self> {
        let mut different: Vec<(&str, usize)> = Vec::new();
        let mut places = HashMap::new();
        for output in outputs.into_iter().map(str::trim).filter(|output| !output.is_empty()) {
            let place = *places.entry(output).or_insert_with(|| {
                different.push((output, 0));
                different.len() - 1
            });
            different[place].1 += 1;
        }
        // A stable sort: among equals the earlier stays first.
        different.sort_by_key(|(_, count)| Reverse(*count));
        let mut tokens = Vec::new();
        for (output, _) in different {
            tokens.extend(base.tokenizer().encode_whole(output)?);
            if tokens.len() >= rows {
                break;
            }
        }
        Self::from_repeated_tokens(base, tokens, rows)
    }

    /// Starts from the embeddings of `rows` ordinary tokens drawn with `seed` (Lester et al.'s "sampled
    /// vocabulary"); marks such as sentinels are never drawn.
    ///
    /// # Errors
    /// [`Error::NoOrdinaryToken`] if the tokenizer knows only marks, [`Error::InvalidSetting`] if `rows` is 0.
    pub fn from_vocabulary(base: &BaseModel, rows: usize, seed: u64) -> Result<Self> {
        let ordinary = base.tokenizer().ordinary_tokens();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let drawn = (0..rows)
            .map(|_| ordinary.choose(&mut random).copied().ok_or(Error::NoOrdinaryToken))
            .collect::<Result<Vec<_>>>()?;
        Self::from_tokens(base, &drawn)
    }

    /// Starts from normal numbers of mean 0 and deviation 1 drawn with `seed` (PEFT's `RANDOM` initialisation).
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] if `rows` is 0.
    pub fn from_seed(base: &BaseModel, rows: usize, seed: u64) -> Result<Self> {
        let width = base.architecture().width;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // Box and Muller 1958; 1 - u is never 0, whose logarithm is not finite.
        let mut normal = || {
            let (distance, angle): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
            ((-2.0 * distance.ln()).sqrt() * (TAU * angle).cos()) as f32
        };
        let values = (0..rows * width).map(|_| normal()).collect();
        Self::new(rows, width, values)
    }

    /// How many vectors stand before the source.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The base model's width.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The values, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The layout of [`Self::values`]: one tensor of shape `[rows, width]`.
    pub fn layout(&self) -> AdapterLayout {
        AdapterLayout::default().with(PROMPT_TENSOR, &[self.rows, self.width])
    }

    /// Refuses a base model of another width.
    pub(crate) fn refuse_other_width(&self, base: &BaseModel) -> Result<()> {
        let expected = base.architecture().width;
        if self.width != expected {
            return Err(Error::AdapterWidth { found: self.width, expected });
        }
        Ok(())
    }

    fn from_repeated_tokens(base: &BaseModel, tokens: Vec<u32>, rows: usize) -> Result<Self> {
        if tokens.is_empty() {
            return Err(Error::EmptyInitialText);
        }
        let filled: Vec<u32> = tokens.into_iter().cycle().take(rows).collect();
        Self::from_tokens(base, &filled)
    }

    fn from_tokens(base: &BaseModel, tokens: &[u32]) -> Result<Self> {
        refuse_zero("prompt_rows", tokens.len())?;
        Self::new(tokens.len(), base.architecture().width, base.embedding().rows(tokens)?)
    }
}

fn refuse_zero(field: &'static str, found: usize) -> Result<()> {
    if found == 0 {
        return Err(Error::InvalidSetting { field, found: "0".into(), needed: "1 or more" });
    }
    Ok(())
}
