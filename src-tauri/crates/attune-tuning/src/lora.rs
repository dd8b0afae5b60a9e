//! LoRA: a low-rank share added to chosen products of the network.
//!
//! Not here: the arithmetic of the share (`network`), how it is trained (`training`) and stored (`peft`).
//! Invariant: a target names modules as PEFT does, by the last part of their name in every layer, so that the
//! encoder's, the decoder's and the cross-attention's `q` are all reached by `q`.

use std::collections::BTreeSet;
use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{AdapterLayout, BaseModel, Error, Result};

/// A kind of module LoRA can add to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoraTarget {
    /// The queries of every attention.
    Q,
    /// The keys of every attention.
    K,
    /// The values of every attention.
    V,
    /// The output of every attention.
    O,
    /// The gate of every feed-forward part.
    Wi0,
    /// The other input of every feed-forward part.
    Wi1,
    /// The output of every feed-forward part.
    Wo,
}

impl LoraTarget {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Q, Self::K, Self::V, Self::O, Self::Wi0, Self::Wi1, Self::Wo];

    /// The module's name in transformers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Q => "q",
            Self::K => "k",
            Self::V => "v",
            Self::O => "o",
            Self::Wi0 => "wi_0",
            Self::Wi1 => "wi_1",
            Self::Wo => "wo",
        }
    }

    /// The target of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }
}

impl fmt::Display for LoraTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The dimensions of a LoRA adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraSettings {
    /// Rows of A and columns of B.
    pub rank: usize,
    /// What is added is multiplied by `alpha / rank`.
    pub alpha: f64,
    /// Where it is added.
    pub targets: BTreeSet<LoraTarget>,
}

/// The dimensions of the parity run: rank 16, alpha 32, on queries and values.
impl Default for LoraSettings {
    fn default() -> Self {
        Self { rank: 16, alpha: 32.0, targets: BTreeSet::from([LoraTarget::Q, LoraTarget::V]) }
    }
}

impl LoraSettings {
    /// Refuses dimensions no adapter can have.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] with the field's name.
    pub fn validate(&self) -> Result<()> {
        let invalid = |field, found: String, needed| Err(Error::InvalidSetting { field, found, needed });
        if self.rank == 0 {
            return invalid("lora_rank", "0".into(), "1 or more");
        }
        if !(self.alpha.is_finite() && self.alpha > 0.0) {
            return invalid("lora_alpha", self.alpha.to_string(), "a number above 0, such as twice the rank");
        }
        if self.targets.is_empty() {
            return invalid("lora_targets", "empty".into(), "at least one of q, k, v, o, wi_0, wi_1, wo");
        }
        Ok(())
    }

    /// What the product of A and B is multiplied by.
    pub(crate) fn scale(&self) -> f64 {
        self.alpha / self.rank as f64
    }

    /// Whether the module of this name is reached.
    pub(crate) fn reaches(&self, module: &str) -> bool {
        let last = module.rsplit('.').next().unwrap_or(module);
        self.targets.iter().any(|target| target.name() == last)
    }

    /// A and B of every module that is reached, in the network's order, by PEFT's names.
    pub(crate) fn layout(&self, base: &BaseModel) -> AdapterLayout {
        let reached = base.network().linears().filter(|product| self.reaches(&product.name));
        reached.fold(AdapterLayout::default(), |layout, product| {
            let name = format!("base_model.model.{}", product.name);
            layout
                .with(format!("{name}.lora_A.weight"), &[self.rank, product.inputs])
                .with(format!("{name}.lora_B.weight"), &[product.outputs, self.rank])
        })
    }
}

/// A LoRA adapter.
///
/// Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
#[derive(Debug, Clone, PartialEq)]
pub struct Lora {
    settings: LoraSettings,
    layout: AdapterLayout,
    values: Vec<f32>,
}

impl Lora {
    /// An adapter for this base model of these values, in the order of its layout.
    ///
    /// # Errors
    /// As [`LoraSettings::validate`], [`Error::Length`] if the values do not fill the layout,
    /// [`Error::LoraNotFinite`] with the tensor that holds something else than finite numbers.
    pub fn new(base: &BaseModel, settings: LoraSettings, values: Vec<f32>) -> Result<Self> {
        settings.validate()?;
        let layout = settings.layout(base);
        if values.len() != layout.parameters() {
            let (found, expected) = (values.len(), layout.parameters());
            return Err(Error::Length { what: "the LoRA adapter", found, expected });
        }
        for tensor in layout.tensors() {
            if values[tensor.range()].iter().any(|value| !value.is_finite()) {
                return Err(Error::LoraNotFinite { name: tensor.name.clone() });
            }
        }
        Ok(Self { settings, layout, values })
    }

    /// PEFT's start: A uniform within `1 / √inputs` (Kaiming with a = √5), drawn with `seed`; B zero, so that
    /// the first answers are the base model's.
    ///
    /// # Errors
    /// As [`LoraSettings::validate`].
    pub fn from_seed(base: &BaseModel, settings: LoraSettings, seed: u64) -> Result<Self> {
        settings.validate()?;
        let layout = settings.layout(base);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut values = vec![0.0; layout.parameters()];
        for a in layout.tensors().iter().step_by(2) {
            let bound = (a.shape[1] as f32).sqrt().recip();
            values[a.range()].iter_mut().for_each(|value| *value = random.random_range(-bound..=bound));
        }
        Self::new(base, settings, values)
    }

    /// Its dimensions.
    pub fn settings(&self) -> &LoraSettings {
        &self.settings
    }

    /// Which tensors lie where in [`Self::values`]: A and B of every module, one after the other.
    pub fn layout(&self) -> &AdapterLayout {
        &self.layout
    }

    /// The values.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Refuses a base model in which other modules, or modules of other shapes, would be reached.
    pub(crate) fn refuse_other_base(&self, base: &BaseModel) -> Result<()> {
        let needed = self.settings.layout(base);
        let pairs = self.layout.tensors().iter().zip(needed.tensors());
        if let Some((own, there)) = pairs.into_iter().find(|(own, there)| own != there) {
            return Err(Error::LoraOfAnotherBase {
                name: own.name.clone(),
                shape: own.shape.clone(),
                needed: there.name.clone(),
                needed_shape: there.shape.clone(),
            });
        }
        let (found, expected) = (self.layout.parameters(), needed.parameters());
        if found != expected {
            return Err(Error::Length { what: "the LoRA adapter", found, expected });
        }
        Ok(())
    }
}
